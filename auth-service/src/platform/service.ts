import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import errorHandler from './error-handler.ts'
import { type Feature, PREPARATION, registerRoutes } from './feature.ts'
import internal, { Readiness } from './internal.ts'
import { runJobs } from './jobs.ts'
import loadLimit from './load-limit.ts'
import mongo, { createMongoClient, type Db, type MongoClient, type MongoConfig } from './mongo.ts'
import openapi, { type OpenapiOptions } from './openapi.ts'
import publicHttp, { type HttpConfig, serverOptions } from './public-http.ts'
import redis, { createRedisClient, type Redis } from './redis.ts'

export interface ServiceConfig extends HttpConfig, MongoConfig {
  REDIS_URL: string
  MAX_IN_FLIGHT: number
}

/** What features are made from. The clients connect once the app starts. */
export interface Service<Config extends ServiceConfig = ServiceConfig> {
  app: FastifyInstance
  config: Config
  log: FastifyBaseLogger
  registry: Registry
  readiness: Readiness
  mongo: MongoClient
  onMongoReady: () => void
  db: Db
  redis: Redis
  now: () => Date
}

/**
 * @param name as logs show it
 * @param now a clock that tests move
 */
export function createService<Config extends ServiceConfig>(
  config: Config,
  name: string,
  now = () => new Date(),
): Service<Config> {
  const app = Fastify(serverOptions(config, name))
  const client = createMongoClient(config)
  const readiness = new Readiness()
  return {
    app,
    config,
    log: app.log,
    registry: new Registry(),
    readiness,
    mongo: client,
    onMongoReady: readiness.waitFor(PREPARATION),
    db: client.db(config.MONGODB_DATABASE),
    redis: createRedisClient(config.REDIS_URL),
    now,
  }
}

/**
 * Puts the features to work: what every request meets first, the stores, the internal port, jobs, and the routes that
 * need no access token. The others are left to the scope that asks for one.
 */
export async function registerFeatures(
  service: Service,
  features: readonly Feature[],
  document: OpenapiOptions,
): Promise<void> {
  const { app, config, registry, readiness } = service
  app.log.debug({ features: features.map(({ name }) => name) }, 'starting')
  await app.register(errorHandler)
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  await app.register(openapi, document)
  await app.register(mongo, {
    client: service.mongo,
    database: config.MONGODB_DATABASE,
    onReady: service.onMongoReady,
    prepare: async () => {
      await Promise.all(features.map((feature) => feature.prepare?.()))
    },
  })
  await app.register(redis, { client: service.redis })
  await app.register(internal, {
    readiness,
    registry,
    routes: (server) => registerRoutes(server, features, 'internalRoutes', readiness),
  })
  // After the stores: jobs are stopped before these are closed.
  runJobs(
    app,
    features.flatMap((feature) => feature.jobs ?? []),
  )
  await registerRoutes(app, features, 'openRoutes', readiness)
}
