import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { type Feature, registerRoutes } from './platform/feature.ts'
import type { Readiness } from './platform/internal.ts'
import { createService, registerFeatures } from './platform/service.ts'
import { tasksFeature } from './tasks/index.ts'
import { authenticate, tokensFeature } from './tokens/index.ts'
import { version } from './version.ts'

export interface Application {
  app: FastifyInstance
  readiness: Readiness
}

const DOCUMENT = {
  title: 'AuthDB task-service',
  version,
  description: 'Todo lists. Access tokens come from auth-service.',
  basePath: '/tasks',
} as const

/** The composition root: what the service consists of, and which of it needs an access token. */
export async function buildApp(config: Config): Promise<Application> {
  const service = createService(config, 'task-service')
  const { app, readiness } = service

  const tokens = tokensFeature(service)
  const features: Feature[] = [tokens, tasksFeature(service, tokens)]

  await registerFeatures(service, features, DOCUMENT)
  await app.register(async (scope) => {
    await scope.register(authenticate, {
      keys: tokens.keys,
      endedSessions: tokens.endedSessions,
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
    })
    await registerRoutes(scope, features, 'routes', readiness)
  })
  return { app, readiness }
}
