import fastifyRedis from '@fastify/redis'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Redis } from 'ioredis'
import { startTimer } from './timings.ts'
import { TurnRedis } from './turn-redis.ts'

export type { Redis } from 'ioredis'

const CONNECT_TIMEOUT_MS = 500
const COMMAND_TIMEOUT_MS = 100
const MAX_RECONNECT_DELAY_MS = 1_000

/** Commands of a request are timed, where that is wanted. */
class TimedRedis extends TurnRedis {
  override sendCommand(...parameters: Parameters<Redis['sendCommand']>): unknown {
    const stop = startTimer('redis')
    if (stop) parameters[0].promise.then(stop, stop)
    return super.sendCommand(...parameters)
  }
}

/**
 * A client that connects when the app starts, and fails at once while Redis is away: nothing is queued, nothing is sent
 * twice behind the caller's back, a command waits 100 ms at most.
 */
export function createRedisClient(url: string): Redis {
  return new TimedRedis(url, COMMAND_TIMEOUT_MS, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
  })
}

/**
 * `@fastify/redis` holds back `ready()` until its client is connected. A service has to start without Redis,
 * so while it registers, and only then, the client passes as connected.
 */
function startable(client: Redis): { client: Redis; registered: () => void } {
  let registering = true
  const view = new Proxy(client, {
    get: (target, key) => (registering && key === 'status' ? 'ready' : Reflect.get(target, key)),
  })
  return { client: view, registered: () => (registering = false) }
}

async function redis(app: FastifyInstance, { client }: { client: Redis }): Promise<void> {
  const view = startable(client)
  await app.register(fastifyRedis, { client: view.client })
  view.registered()

  let [away, wasThere] = [false, false]
  client.on('error', (err) => {
    // Redis may start beside the service; that it has gone is worth a warning.
    const level = wasThere ? 'warn' : 'info'
    if (!away) app.log[level]({ reason: err.message }, 'waiting for Redis, going on without it')
    away = true
  })
  client.on('ready', () => {
    away = false
    wasThere = true
    app.log.info('Redis is connected')
  })
  app.addHook('onReady', async () => {
    // What goes wrong comes as an event, too, and the client tries again by itself.
    client.connect().catch(() => undefined)
  })
  app.addHook('onClose', async () => client.disconnect())
}

/** Opens Redis in the background and closes it with the app. No service needs Redis to be ready. */
export default fp(redis, { name: 'redis' })
