import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Job } from './jobs.ts'

/** One thing that a service does, as app.ts lists it. */
export interface Feature {
  name: string
  /** Makes what it needs in MongoDB, before the instance takes traffic. Repeatable, also by several instances at once. */
  prepare?: () => Promise<void>
  /** Routes for holders of an access token: app.ts registers them in the scope that asks for one. */
  routes?: FastifyPluginAsync
  /** Routes of the public port that need no access token. */
  openRoutes?: FastifyPluginAsync
  /** Routes of the internal port. */
  internalRoutes?: FastifyPluginAsync
  /** What goes on without a request. */
  jobs?: Job[]
}

/** Registers one kind of routes of every feature that has it. */
export async function registerRoutes(
  scope: FastifyInstance,
  features: readonly Feature[],
  kind: 'routes' | 'openRoutes' | 'internalRoutes',
): Promise<void> {
  for (const { [kind]: routes } of features) if (routes) await scope.register(routes)
}
