import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import errorHandler from './plugins/error-handler.ts'
import internal, { Readiness } from './plugins/internal.ts'
import loadLimit from './plugins/load-limit.ts'
import mongo, { createMongoClient } from './plugins/mongo.ts'
import publicHttp, { serverOptions } from './plugins/public-http.ts'
import redis, { createRedisClient } from './plugins/redis.ts'

export interface Application { app: FastifyInstance; readiness: Readiness }

/** The composition root. */
export async function buildApp(config: Config): Promise<Application> {
  const readiness = new Readiness(['mongodb'])
  const registry = new Registry()
  const mongoClient = createMongoClient(config)
  const redisClient = createRedisClient(config.REDIS_URL)
  const app = Fastify(serverOptions(config, 'task-service'))
  await app.register(errorHandler)
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: config.MAX_IN_FLIGHT })
  await app.register(mongo, { client: mongoClient, database: config.MONGODB_DATABASE, readiness, prepare: async (db) => { await db.command({ ping: 1 }) } })
  await app.register(redis, { client: redisClient })
  await app.register(internal, { host: config.HOST, port: config.INTERNAL_PORT, readiness, registry, routes: async () => {} })
  return { app, readiness }
}
