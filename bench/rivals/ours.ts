import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from '@prometheus-io/client'
// The only place here that loads code of a service: what is compared is the cache itself, not an answer over HTTP.
import { listPage, openLists } from '../../task-service/src/cache/index.ts'
import { createMongoClient } from '../../task-service/src/platform/mongo.ts'
import { createRedisClient } from '../../task-service/src/platform/redis.ts'
import type { Rival } from './rival.ts'

const OWNER = '0123456789abcdef01234567'
const DATABASE = 'rivals'
const POOL_SIZE = 5
const COMMIT_LIMIT_MS = 2_500
const WRITE_DEADLINE_MS = 3_000
/** Until the instances have agreed to use this Redis: two leases, and some time for a busy machine. */
const TURN_ON_MS = 30_000
const POLL_MS = 50
const log = { debug() {}, info() {}, warn() {}, error: console.error }

/** Mark, write, unmark: the cache of task-service, with its lease on a real MongoDB. */
export const ours: Rival = {
  name: 'AuthDB: mark, write, unmark',
  shared: true,
  async open({ redisUrl, mongodbUri }, load) {
    const redis = createRedisClient(redisUrl)
    await redis.connect()
    const client = createMongoClient({
      MONGODB_URI: mongodbUri,
      MONGODB_DATABASE: DATABASE,
      MONGODB_POOL_SIZE: POOL_SIZE,
    })
    const lists = openLists({
      redis,
      db: client.db(DATABASE),
      registry: new Registry(),
      log,
      load: async (owner) => (owner === OWNER ? listPage(await load(), undefined) : listPage([], undefined)),
      commitLimitMs: COMMIT_LIMIT_MS,
      writeThrough: false,
    })
    await lists.prepare()
    lists.start()
    await turnedOn()

    /** Asked for a list that nobody else reads, so that the race still begins with a miss. */
    async function turnedOn(): Promise<void> {
      const giveUp = performance.now() + TURN_ON_MS
      while ((await lists.read(DATABASE)).result !== 'hit') {
        if (performance.now() > giveUp) throw new Error('the cache was not turned on')
        await sleep(POLL_MS)
      }
    }
    return {
      read: async () => (await lists.read(OWNER)).page.body,
      write: (commit) => lists.write(OWNER, performance.now() + WRITE_DEADLINE_MS, commit),
      async close() {
        await lists.stop()
        await client.close()
        redis.disconnect()
      },
    }
  },
}
