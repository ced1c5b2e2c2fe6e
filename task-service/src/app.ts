import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import { openLists } from './cache/index.ts'
import type { Config } from './config.ts'
import errorHandler from './platform/error-handler.ts'
import internal, { Readiness } from './platform/internal.ts'
import loadLimit from './platform/load-limit.ts'
import mongo, { createMongoClient } from './platform/mongo.ts'
import openapi from './platform/openapi.ts'
import publicHttp, { serverOptions } from './platform/public-http.ts'
import redis, { createRedisClient } from './platform/redis.ts'
import { ArrivalClock } from './tasks/arrival-clock.ts'
import { erasureRoutes } from './tasks/erasure.routes.ts'
import { PAGE_LIMIT, TaskPages } from './tasks/task-pages.ts'
import { TasksRepository, WRITE_LIMIT_MS } from './tasks/tasks.repository.ts'
import { tasksRoutes } from './tasks/tasks.routes.ts'
import { TasksService } from './tasks/tasks.service.ts'
import authenticate from './tokens/authenticate.ts'
import { EndedSessions } from './tokens/ended-sessions.ts'
import { PublicKeys } from './tokens/public-keys.ts'
import { VerifiedTokens } from './tokens/verified-tokens.ts'
import { version } from './version.ts'

/** More than the access tokens in use at one time, about 1 KiB each. */
const VERIFIED_TOKENS = 20_000

export interface Application {
  app: FastifyInstance
  readiness: Readiness
}

/** The composition root: clients → repositories and cache → services → plugins → routes. */
export async function buildApp(config: Config): Promise<Application> {
  const readiness = new Readiness(['mongodb', 'keys', 'revocations'])
  const registry = new Registry()
  const app = Fastify(serverOptions(config, 'task-service'))
  const { log } = app

  const mongoClient = createMongoClient(config)
  const redisClient = createRedisClient(config.REDIS_URL)
  const db = mongoClient.db(config.MONGODB_DATABASE)

  const tasksRepository = new TasksRepository(db)
  const pages = new TaskPages(tasksRepository)
  const lists = openLists({
    redis: redisClient,
    db,
    registry,
    log,
    load: (owner) => pages.read(owner, PAGE_LIMIT),
    commitLimitMs: WRITE_LIMIT_MS,
    writeThrough: config.CACHE_WRITE_THROUGH,
  })
  const arrivals = new ArrivalClock()
  const tasks = new TasksService(tasksRepository, pages, lists)

  const verified = new VerifiedTokens(VERIFIED_TOKENS)
  const onChanged = () => verified.clear()
  const keys = new PublicKeys({
    url: config.JWKS_URL,
    log,
    onLoaded: () => readiness.done('keys'),
    onChanged,
  })
  const onLoaded = () => readiness.done('revocations')
  const revocations = new EndedSessions({ url: config.REVOCATIONS_URL, registry, log, onLoaded })
  const issuer = config.TOKEN_ISSUER

  await app.register(errorHandler)
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  await app.register(openapi, {
    title: 'AuthDB task-service',
    version,
    description: 'Todo lists. Access tokens come from auth-service.',
    basePath: '/tasks',
  })
  await app.register(mongo, {
    client: mongoClient,
    database: config.MONGODB_DATABASE,
    readiness,
    prepare: async () => {
      await tasksRepository.prepare()
      await lists.prepare()
    },
  })
  await app.register(redis, { client: redisClient })
  await app.register(internal, {
    readiness,
    registry,
    routes: async (server) => server.register(erasureRoutes, { tasks, keys, issuer }),
  })
  await app.register(async (scope) => {
    await scope.register(authenticate, {
      keys,
      revocations,
      verified,
      issuer,
      audience: config.TOKEN_AUDIENCE,
    })
    await scope.register(tasksRoutes, { prefix: '/tasks', tasks, arrivals })
  })

  for (const part of [keys, revocations, lists, arrivals]) {
    app.addHook('onReady', async () => part.start())
    app.addHook('onClose', async () => part.stop())
  }
  return { app, readiness }
}
