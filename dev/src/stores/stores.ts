import { CACHE_DIR } from '../checkout.ts'
import { freePorts } from '../ports.ts'
import type { Supervisor } from '../supervisor.ts'
import { mongodbAnswers, mongodbProviders, mongodbUri } from './mongodb.ts'
import { redisAnswers, redisProviders, redisUrl } from './redis.ts'
import { firstFound, type Store, startStore } from './store.ts'

/** MongoDB and Redis, running. */
export interface Stores {
  readonly mongodb: Store
  readonly redis: Store
  readonly mongodbUri: string
  readonly redisUrl: string
  /** One line each, saying which server is in use */
  readonly describe: readonly string[]
  stop(): Promise<void>
}

export interface StoresOptions {
  supervisor: Supervisor
  /** Each server keeps its data in a directory of its own below this */
  dataDir: string
  /** Free ones when left out */
  mongodbPort?: number
  redisPort?: number
  /** MongoDB: nothing acknowledged is lost when its process is killed (slower) */
  syncOnCommit?: boolean
  env?: NodeJS.ProcessEnv
  /** The servers of MONGODB_URI and REDIS_URL come first. Tests, faults and benches never touch what is somebody's. */
  takeGiven?: boolean
  say?: (line: string) => void
}

/** Servers that were found, and are not started yet. Their addresses are known: services may start beside them. */
export interface FoundStores {
  readonly mongodbUri: string
  readonly redisUrl: string
  startMongodb(): Promise<Store>
  startRedis(): Promise<Store>
}

function environmentOf({ env = process.env, takeGiven = false }: StoresOptions): NodeJS.ProcessEnv {
  if (takeGiven) return env
  const { MONGODB_URI: _mongodb, REDIS_URL: _redis, ...rest } = env
  return rest
}

/**
 * Finds a MongoDB and a Redis, installing what has to be.
 * @throws Error of one sentence when one cannot be had
 */
export async function findStores(options: StoresOptions): Promise<FoundStores> {
  const { supervisor, dataDir, syncOnCommit = false, say = () => {} } = options
  const [freeMongodbPort = 0, freeRedisPort = 0] = await freePorts(2)
  const mongodbPort = options.mongodbPort ?? freeMongodbPort
  const redisPort = options.redisPort ?? freeRedisPort
  const machine = { env: environmentOf(options), cacheDir: CACHE_DIR, say }
  const [mongodb, redis] = await Promise.all([
    firstFound('MongoDB', mongodbProviders(machine)),
    firstFound('Redis', redisProviders(machine)),
  ])
  const urls = {
    mongodb: 'url' in mongodb ? mongodb.url : mongodbUri(mongodbPort),
    redis: 'url' in redis ? redis.url : redisUrl(redisPort),
  }
  const shared = { supervisor, dataDir, syncOnCommit }
  return {
    mongodbUri: urls.mongodb,
    redisUrl: urls.redis,
    startMongodb: () =>
      startStore({
        ...shared,
        name: 'mongodb',
        found: mongodb,
        url: urls.mongodb,
        port: mongodbPort,
        answers: mongodbAnswers,
      }),
    startRedis: () =>
      startStore({
        ...shared,
        name: 'redis',
        found: redis,
        url: urls.redis,
        port: redisPort,
        answers: redisAnswers,
      }),
  }
}

/** Finds and starts both; resolves when they answer. */
export async function startStores(options: StoresOptions): Promise<Stores> {
  const found = await findStores(options)
  const [mongodb, redis] = await Promise.all([found.startMongodb(), found.startRedis()])
  return {
    mongodb,
    redis,
    mongodbUri: mongodb.url,
    redisUrl: redis.url,
    describe: [`MongoDB: ${mongodb.describe}`, `Redis: ${redis.describe}`],
    async stop() {
      await Promise.all([mongodb.stop(), redis.stop()])
    },
  }
}
