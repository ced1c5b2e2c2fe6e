import { availableParallelism } from 'node:os'
import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import { AccountRepository } from './accounts/accounts.repository.ts'
import { profileRoutes, registrationRoutes } from './accounts/accounts.routes.ts'
import { AccountService } from './accounts/accounts.service.ts'
import type { Config } from './config.ts'
import { healthRoutes } from './health/health.routes.ts'
import { readKeys, watchKeys } from './keys/key-file-watch.ts'
import { KeyRing } from './keys/key-ring.ts'
import { keyRoutes } from './keys/keys.routes.ts'
import { TokenSigner } from './keys/token-signer.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { BoundedQueue } from './passwords/bounded-queue.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import authenticate from './plugins/authenticate.ts'
import errorHandler from './plugins/error-handler.ts'
import internal, { Readiness } from './plugins/internal.ts'
import loadLimit from './plugins/load-limit.ts'
import mongo, { createMongoClient } from './plugins/mongo.ts'
import openapi from './plugins/openapi.ts'
import publicHttp, { serverOptions } from './plugins/public-http.ts'
import redis, { createRedisClient } from './plugins/redis.ts'
import { AttemptMemory } from './sessions/attempt-memory.ts'
import { AttemptCache } from './sessions/attempts.cache.ts'
import { Attempts } from './sessions/attempts.ts'
import { LoginService } from './sessions/login.service.ts'
import { RefreshTokens } from './sessions/refresh-token.ts'
import { RevocationFeed } from './sessions/revocation-feed.ts'
import { revocationRoutes } from './sessions/revocations.routes.ts'
import { SessionRepository } from './sessions/sessions.repository.ts'
import { loginRoutes, logoutRoutes, refreshRoutes } from './sessions/sessions.routes.ts'
import { SessionService } from './sessions/sessions.service.ts'
import { TokenMint } from './sessions/tokens.ts'
import { version } from './version.ts'

export interface Application {
  app: FastifyInstance
  readiness: Readiness
}

/** Log-ins that wait for a processor, and how long. */
const HASH_QUEUE = { concurrency: availableParallelism(), waiting: 64, deadlineMs: 3_000 }

/** Clients → repositories → services, in the order they need each other. */
function assemble(config: Config, metrics: Metrics) {
  const mongoClient = createMongoClient(config)
  const redisClient = createRedisClient(config.REDIS_URL)
  const db = mongoClient.db(config.MONGODB_DATABASE)

  const accounts = new AccountRepository(db)
  const sessionLives = {
    access: config.ACCESS_TOKEN_SECONDS,
    idle: config.REFRESH_IDLE_SECONDS,
    absolute: config.REFRESH_ABSOLUTE_SECONDS,
  }
  const sessions = new SessionRepository(db, sessionLives)

  const ring = new KeyRing(readKeys(config.SIGNING_KEYS_FILE), config.KEY_PROPAGATION_SECONDS)
  const signer = new TokenSigner(ring, {
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
  })
  const refreshTokens = new RefreshTokens(config.REFRESH_TOKEN_SECRET)
  const mint = new TokenMint(signer, refreshTokens, config.ACCESS_TOKEN_SECONDS)

  const queue = new BoundedQueue(HASH_QUEUE)
  metrics.watchHashQueue(() => queue.depth)
  const hasher = new PasswordHasher(queue, metrics.hashed)
  const attempts = new Attempts({
    shared: new AttemptCache(redisClient),
    local: new AttemptMemory(),
    limitPerMinute: config.LOGIN_LIMIT_PER_MINUTE,
  })

  const accountService = new AccountService({
    accounts,
    hasher,
    passwordMinLength: config.PASSWORD_MIN_LENGTH,
    adminEmail: config.ADMIN_EMAIL,
  })
  const sessionService = new SessionService({
    sessions,
    accounts,
    mint,
    refreshTokens,
    reuseGraceSeconds: config.REFRESH_REUSE_GRACE_SECONDS,
  })
  const login = new LoginService({
    accounts,
    hasher,
    attempts,
    sessions: sessionService,
    count: metrics.loggedIn,
  })
  const feed = new RevocationFeed(sessions, metrics.servedRevocations)
  return { mongoClient, redisClient, accounts, sessions, ring, accountService, sessionService, login, feed }
}

/** The composition root. */
export async function buildApp(config: Config): Promise<Application> {
  const readiness = new Readiness(['mongodb'])
  const registry = new Registry()
  const parts = assemble(config, createMetrics(registry))
  const app = Fastify(serverOptions(config, 'auth-service'))

  await app.register(errorHandler)
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  await app.register(openapi, {
    title: 'AuthDB auth-service',
    version,
    description: 'Accounts, sessions and tokens',
    basePath: '/auth',
  })
  await app.register(mongo, {
    client: parts.mongoClient,
    database: config.MONGODB_DATABASE,
    readiness,
    prepare: async () => {
      await Promise.all([parts.accounts.prepare(), parts.sessions.prepare()])
    },
  })
  await app.register(redis, { client: parts.redisClient })
  await app.register(internal, {
    host: config.HOST,
    port: config.INTERNAL_PORT,
    readiness,
    registry,
    routes: async (server) => server.register(revocationRoutes, { feed: parts.feed }),
  })
  app.addHook(
    'onClose',
    watchKeys(config.SIGNING_KEYS_FILE, app.log, (keys) => parts.ring.replace(keys)),
  )

  await app.register(registrationRoutes, { accounts: parts.accountService })
  await app.register(loginRoutes, { login: parts.login })
  await app.register(refreshRoutes, { sessions: parts.sessionService })
  await app.register(keyRoutes, { ring: parts.ring })
  await app.register(healthRoutes, { isDatabaseThere: () => parts.accounts.isReachable() })
  await app.register(async (scope) => {
    await scope.register(authenticate, {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      publicKey: (kid) => parts.ring.publicKey(kid),
      callerOf: (sessionId, accountId) => parts.sessionService.callerOf(sessionId, accountId),
    })
    await scope.register(profileRoutes, { accounts: parts.accountService })
    await scope.register(logoutRoutes, { sessions: parts.sessionService })
  })
  return { app, readiness }
}
