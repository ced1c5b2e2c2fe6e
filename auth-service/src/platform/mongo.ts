import fastifyMongodb from '@fastify/mongodb'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { MongoClient } from 'mongodb'
import { databaseName, isHost, type Kind } from './settings.ts'
import { startTimer } from './timings.ts'

export type { Db, MongoClient } from 'mongodb'

const RETRY_MS = 500
/** Half a minute without MongoDB: each attempt takes two seconds and more. */
const WORRYING_ATTEMPT = 10

export interface MongoConfig {
  MONGODB_URI: string
  MONGODB_DATABASE: string
  MONGODB_POOL_SIZE: number
}

/** Commands of a request are timed by the driver's own events, which come in the request's context. */
function timeCommands(client: MongoClient): void {
  const running = new Map<number, () => void>()
  const ended = ({ requestId }: { requestId: number }) => {
    running.get(requestId)?.()
    running.delete(requestId)
  }
  client.on('commandStarted', ({ requestId }) => {
    const stop = startTimer('mongodb')
    if (stop) running.set(requestId, stop)
  })
  client.on('commandSucceeded', ended)
  client.on('commandFailed', ended)
}

/** More than one @ means that one in a password is not encoded: what follows the first would be taken for the host. */
const AMBIGUOUS = /@[^?]*@/

/** MONGODB_URI, judged by the driver that will use it, and where the driver lets through what it cannot reach. */
export const mongodbUri: Kind<string> = {
  read: (text) => {
    const { hosts, dbName } = new MongoClient(text).options
    const isReachable = hosts.every(({ host, socketPath }) => socketPath !== undefined || isHost(host ?? ''))
    return isReachable && databaseName.read(dbName) && !AMBIGUOUS.test(text) ? text : undefined
  },
  expects:
    'must be a connection string that the MongoDB driver understands, mongodb://[user:password@]host[:port][,…][/database][?options] or mongodb+srv://…, with special characters in a password percent-encoded',
}

/**
 * A client that connects on first use, so that a service starts while MongoDB is away.
 * Every wait has a limit: a request meets a clean 503 instead of the driver's 30 s default.
 */
export function createMongoClient(config: MongoConfig & { SERVER_TIMING?: boolean }): MongoClient {
  const client = new MongoClient(config.MONGODB_URI, {
    maxPoolSize: config.MONGODB_POOL_SIZE,
    waitQueueTimeoutMS: 2_000,
    serverSelectionTimeoutMS: 2_000,
    // No request waits for it. An attempt that fails counts as a database that is away and drops the whole pool: on a busy
    // server, that would go on for ever.
    connectTimeoutMS: 5_000,
    socketTimeoutMS: 5_000,
    heartbeatFrequencyMS: 2_000,
    retryWrites: true,
    retryReads: true,
    readPreference: 'primary',
    readConcernLevel: 'majority',
    writeConcern: { w: 'majority', wtimeoutMS: 5_000 },
    ignoreUndefined: true,
    ...(config.SERVER_TIMING && { monitorCommands: true }),
  })
  if (config.SERVER_TIMING) timeCommands(client)
  return client
}

interface MongoOptions {
  client: MongoClient
  database: string
  /** Makes the indexes; repeatable, and repeated until it has succeeded. */
  prepare: () => Promise<void>
  onReady: () => void
}

async function prepareUntilDone(
  log: FastifyBaseLogger,
  options: MongoOptions,
  closed: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !closed.aborted; attempt++) {
    try {
      // Not left to the first operation: when that cannot connect, the driver keeps a closed topology for ever.
      await options.client.connect()
      await options.prepare()
      options.onReady()
      log.info({ database: options.database }, 'MongoDB is ready')
      return
    } catch (err) {
      if (closed.aborted) return
      // A start beside MongoDB's own is no reason to worry; one that lasts is.
      const level = attempt === 1 ? 'info' : attempt === WORRYING_ATTEMPT ? 'warn' : 'debug'
      log[level]({ reason: String(err), attempt }, 'waiting for MongoDB')
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

async function mongo(app: FastifyInstance, options: MongoOptions): Promise<void> {
  await app.register(fastifyMongodb, { client: options.client, database: options.database })
  const closed = new AbortController()
  let preparing: Promise<void> = Promise.resolve()
  app.addHook('onReady', async () => {
    preparing = prepareUntilDone(app.log, options, closed.signal)
  })
  app.addHook('onClose', async () => {
    closed.abort()
    await options.client.close()
    await preparing
  })
}

/** Opens MongoDB in the background and closes it with the app. */
export default fp(mongo, { name: 'mongo' })
