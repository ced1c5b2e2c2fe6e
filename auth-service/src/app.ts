import { availableParallelism } from 'node:os'
import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { AccountRepository } from './accounts/accounts.repository.ts'
import { profileRoutes, registrationRoutes } from './accounts/accounts.routes.ts'
import { AccountService } from './accounts/accounts.service.ts'
import { AdministrationRepository } from './administration/administration.repository.ts'
import { administrationRoutes, userRoutes } from './administration/administration.routes.ts'
import { AdministrationService } from './administration/administration.service.ts'
import type { Config } from './config.ts'
import { ErasureRepository } from './erasures/erasures.repository.ts'
import { ErasureService } from './erasures/erasures.service.ts'
import { TaskServiceClient } from './erasures/task-service-client.ts'
import { healthRoutes } from './health/health.routes.ts'
import { readKeys, watchKeys } from './keys/key-file-watch.ts'
import { KeyRing } from './keys/key-ring.ts'
import { keyRoutes } from './keys/keys.routes.ts'
import { TokenSigner } from './keys/token-signer.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { BoundedQueue } from './passwords/bounded-queue.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import authenticate from './plugins/authenticate.ts'
import { runInBackground } from './plugins/background.ts'
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
import { EndingRepository } from './sessions/endings.repository.ts'
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
const DOCUMENT = {
  title: 'AuthDB auth-service',
  description: 'Accounts, sessions and tokens',
  basePath: '/auth',
} as const
const ERASURE_INTERVAL_MS = 2_000
const INTERRUPTED_INTERVAL_MS = 10_000

type Repositories = ReturnType<typeof buildRepositories>
type Tokens = ReturnType<typeof buildTokens>
type Services = ReturnType<typeof buildServices>

function buildRepositories(db: Db, config: Config) {
  return {
    accounts: new AccountRepository(db),
    users: new AdministrationRepository(db),
    sessions: new SessionRepository(db, {
      access: config.ACCESS_TOKEN_SECONDS,
      idle: config.REFRESH_IDLE_SECONDS,
      absolute: config.REFRESH_ABSOLUTE_SECONDS,
    }),
    endings: new EndingRepository(db),
    erasures: new ErasureRepository(db),
  }
}

function buildTokens(config: Config) {
  const ring = new KeyRing(readKeys(config.SIGNING_KEYS_FILE), config.KEY_PROPAGATION_SECONDS)
  const signer = new TokenSigner(ring, {
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
  })
  const refreshTokens = new RefreshTokens(config.REFRESH_TOKEN_SECRET)
  return {
    ring,
    signer,
    refreshTokens,
    mint: new TokenMint(signer, refreshTokens, config.ACCESS_TOKEN_SECONDS),
  }
}

function buildServices(
  config: Config,
  repositories: Repositories,
  tokens: Tokens,
  redis: Redis,
  metrics: Metrics,
) {
  const { accounts, users, sessions, endings, erasures } = repositories
  const { mint, refreshTokens } = tokens
  const queue = new BoundedQueue(HASH_QUEUE)
  metrics.watchHashQueue(() => queue.depth)
  const hasher = new PasswordHasher(queue, metrics.hashed)
  const attempts = new Attempts({
    shared: new AttemptCache(redis),
    local: new AttemptMemory(),
    limitPerMinute: config.LOGIN_LIMIT_PER_MINUTE,
  })
  const { PASSWORD_MIN_LENGTH: passwordMinLength, REFRESH_REUSE_GRACE_SECONDS: reuseGraceSeconds } = config
  const sessionService = new SessionService({
    sessions,
    endings,
    accounts,
    mint,
    refreshTokens,
    reuseGraceSeconds,
  })
  return {
    accounts: new AccountService({ accounts, hasher, passwordMinLength, adminEmail: config.ADMIN_EMAIL }),
    sessions: sessionService,
    login: new LoginService({
      accounts,
      hasher,
      attempts,
      sessions: sessionService,
      count: metrics.loggedIn,
    }),
    feed: new RevocationFeed(endings, metrics.servedRevocations),
    administration: new AdministrationService({
      accounts,
      users,
      endings,
      requestErasure: (userId) => erasures.request(userId),
    }),
  }
}

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

function startJobs(
  app: FastifyInstance,
  config: Config,
  parts: { repositories: Repositories; services: Services; tokens: Tokens; metrics: Metrics },
) {
  const { repositories, services, tokens, metrics } = parts
  runInBackground(app, {
    name: 'interrupted requests',
    everyMs: INTERRUPTED_INTERVAL_MS,
    run: () => services.administration.finishInterrupted(),
  })
  const url = config.TASK_SERVICE_INTERNAL_URL
  if (!url) {
    app.log.warn('TASK_SERVICE_INTERNAL_URL is not set: tasks of deleted accounts are kept until it is')
    return
  }
  const client = new TaskServiceClient(url, () => tokens.signer.signService())
  const erasure = new ErasureService({
    erasures: repositories.erasures,
    deleteTasksOf: (ownerId) => client.deleteTasksOf(ownerId),
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
    count: metrics.erased,
    log: app.log,
  })
  runInBackground(app, {
    name: 'erasures',
    everyMs: ERASURE_INTERVAL_MS,
    run: (signal) => erasure.run(signal),
  })
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
  const services = buildServices(config, repositories, tokens, redisClient, metrics)

  await app.register(errorHandler)
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  await app.register(openapi, { ...DOCUMENT, version })
  const database = config.MONGODB_DATABASE
  const prepare = preparation(config, repositories, services, app)
  await app.register(mongo, { client: mongoClient, database, readiness, prepare })
  await app.register(redis, { client: redisClient })
  await app.register(internal, {
    host: config.HOST,
    port: config.INTERNAL_PORT,
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
