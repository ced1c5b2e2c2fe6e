import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import { profileRoutes, registrationRoutes } from './accounts/accounts.routes.ts'
import { administrationRoutes, userRoutes } from './administration/administration.routes.ts'
import type { Config } from './config.ts'
import { healthRoutes } from './health/health.routes.ts'
import { startJobs } from './jobs.ts'
import { loginRoutes } from './login/login.routes.ts'
import { createMetrics } from './metrics.ts'
import errorHandler from './platform/error-handler.ts'
import internal, { Readiness } from './platform/internal.ts'
import loadLimit from './platform/load-limit.ts'
import mongo, { createMongoClient } from './platform/mongo.ts'
import openapi from './platform/openapi.ts'
import publicHttp, { serverOptions } from './platform/public-http.ts'
import redis, { createRedisClient } from './platform/redis.ts'
import { revocationRoutes } from './revocations/revocations.routes.ts'
import {
  buildRepositories,
  buildServices,
  buildTokens,
  type Repositories,
  type Services,
  type Tokens,
} from './services.ts'
import { logoutRoutes, refreshRoutes } from './sessions/sessions.routes.ts'
import authenticate from './tokens/authenticate.ts'
import { watchKeys } from './tokens/key-file-watch.ts'
import { keyRoutes } from './tokens/keys.routes.ts'
import { version } from './version.ts'

export interface Application {
  app: FastifyInstance
  readiness: Readiness
}

const DOCUMENT = {
  title: 'AuthDB auth-service',
  description: 'Accounts, sessions and tokens',
  basePath: '/auth',
} as const

/** @returns what MongoDB has to be prepared with once it is there */
function preparation(
  { ADMIN_EMAIL }: Config,
  repositories: Repositories,
  services: Services,
  app: FastifyInstance,
) {
  const { accounts, sessions, erasures } = repositories
  return async () => {
    await Promise.all([accounts.prepare(), sessions.prepare(), erasures.prepare()])
    const promoted = ADMIN_EMAIL && (await services.administration.promoteFirst(ADMIN_EMAIL))
    if (promoted) app.log.warn({ user_id: promoted.id }, 'the account of ADMIN_EMAIL is now an administrator')
  }
}

async function registerRoutes(
  app: FastifyInstance,
  config: Config,
  services: Services,
  { ring }: Tokens,
  repositories: Repositories,
) {
  const { accounts, sessions, login, administration } = services
  await app.register(registrationRoutes, { accounts })
  await app.register(loginRoutes, { login })
  await app.register(refreshRoutes, { sessions })
  await app.register(keyRoutes, { ring })
  await app.register(healthRoutes, { isDatabaseThere: () => repositories.accounts.isReachable() })
  await app.register(async (scope) => {
    await scope.register(authenticate, {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      publicKey: (kid) => ring.publicKey(kid),
      callerOf: (sessionId, accountId) => sessions.callerOf(sessionId, accountId),
    })
    await scope.register(profileRoutes, { accounts })
    await scope.register(logoutRoutes, { sessions })
    await scope.register(userRoutes, { administration })
    await scope.register(administrationRoutes, { administration, accounts })
  })
}

/** The composition root: clients → repositories → services → plugins → routes. */
export async function buildApp(config: Config): Promise<Application> {
  const readiness = new Readiness(['mongodb'])
  const registry = new Registry()
  const metrics = createMetrics(registry)
  const app = Fastify(serverOptions(config, 'auth-service'))

  const tokens = buildTokens(config)
  const mongoClient = createMongoClient(config)
  const redisClient = createRedisClient(config.REDIS_URL)
  const repositories = buildRepositories(mongoClient.db(config.MONGODB_DATABASE), config)
  const services = buildServices(config, repositories, tokens, redisClient, metrics, app.log)

  await app.register(errorHandler)
  // Before any hook that may refuse.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  await app.register(openapi, { ...DOCUMENT, version })
  const database = config.MONGODB_DATABASE
  const prepare = preparation(config, repositories, services, app)
  await app.register(mongo, { client: mongoClient, database, readiness, prepare })
  await app.register(redis, { client: redisClient })
  await app.register(internal, {
    readiness,
    registry,
    routes: async (server) => server.register(revocationRoutes, { feed: services.feed }),
  })
  const stopWatching = watchKeys(config.SIGNING_KEYS_FILE, app.log, (keys) => tokens.ring.replace(keys))
  app.addHook('onClose', async () => stopWatching())
  startJobs(app, config, { repositories, services, tokens, metrics })
  await registerRoutes(app, config, services, tokens, repositories)
  return { app, readiness }
}
