import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { guarded } from './driver-errors.ts'
import { hookThatMayWait } from './hooks.ts'
import type { Readiness } from './internal.ts'
import type { Job } from './jobs.ts'
import { within } from './time-limit.ts'

/** What a service waits for until every feature has prepared what it needs in MongoDB. */
export const PREPARATION = 'mongodb'
/** As long as the driver waits for a server. */
const PATIENCE_MS = 2_000

/** One thing that a service does, as app.ts lists it. */
export interface Feature {
  name: string
  /** Makes what it needs in MongoDB, before the instance takes traffic. Repeatable, also by several instances at once. */
  prepare?: () => Promise<void>
  /** Its routes answer whatever is with MongoDB. */
  withoutDatabase?: boolean
  /** Routes for holders of an access token: app.ts registers them in the scope that asks for one. */
  routes?: FastifyPluginAsync
  /** Routes of the public port that need no access token. */
  openRoutes?: FastifyPluginAsync
  /** Routes of the internal port. */
  internalRoutes?: FastifyPluginAsync
  /** What goes on without a request. */
  jobs?: Job[]
}

/**
 * Registers one kind of routes of every feature that has it. Until MongoDB is prepared requests wait, and are answered 503 when
 * that takes too long: a query that names an index would fail, and what a unique index refuses would be written. Gateways that
 * know no readiness send requests as soon as somebody listens.
 */
export async function registerRoutes(
  scope: FastifyInstance,
  features: readonly Feature[],
  kind: 'routes' | 'openRoutes' | 'internalRoutes',
  readiness: Readiness,
): Promise<void> {
  // Last of all: who has no access token, and what is malformed, is told so before.
  const waitUntilPrepared = hookThatMayWait(() => {
    const coming = readiness.coming(PREPARATION)
    return coming && guarded(within(PATIENCE_MS, coming))
  })
  for (const { [kind]: routes, withoutDatabase = false } of features) {
    if (!routes) continue
    await scope.register(async (server) => {
      if (!withoutDatabase) server.addHook('preHandler', waitUntilPrepared)
      await server.register(routes)
    })
  }
}
