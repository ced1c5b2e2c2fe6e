import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { KEY, LIFE_SECONDS, type Rival, serialised } from './rival.ts'

const LOCK = `lock:${KEY}`
const LOCK_LIFE_MS = 5_000
const POLLS = 20
const POLL_MS = 20
/** Only the owner of a lock may release it. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

/** Cache-aside as it is usually written: GET, on a miss SET with a life, DEL after a write. */
export const plain: Rival = {
  name: 'GET, SET EX, DEL (cache-aside)',
  shared: true,
  async open({ redisUrl }, load) {
    const redis = new Redis(redisUrl)
    return {
      async read() {
        const cached = await redis.get(KEY)
        if (cached !== null) return cached
        const value = await serialised(load)
        await redis.set(KEY, value, 'EX', LIFE_SECONDS)
        return value
      },
      async write(commit) {
        await commit()
        await redis.del(KEY)
      },
      close: async () => redis.disconnect(),
    }
  },
}

/** Cache-aside where one reader at a time fills, under a lock, as Redis' own pages show it. */
export const locked: Rival = {
  name: 'SET NX lock, fill, DEL (redis.io)',
  shared: true,
  async open({ redisUrl }, load) {
    const redis = new Redis(redisUrl)
    async function fill(): Promise<string> {
      const token = randomUUID()
      if (!(await redis.set(LOCK, token, 'PX', LOCK_LIFE_MS, 'NX'))) return waitForOther()
      try {
        const value = await serialised(load)
        await redis.set(KEY, value, 'EX', LIFE_SECONDS)
        return value
      } finally {
        await redis.eval(RELEASE, 1, LOCK, token)
      }
    }
    async function waitForOther(): Promise<string> {
      for (let poll = 0; poll < POLLS; poll++) {
        await sleep(POLL_MS)
        const cached = await redis.get(KEY)
        if (cached !== null) return cached
      }
      return serialised(load)
    }
    return {
      read: async () => (await redis.get(KEY)) ?? fill(),
      async write(commit) {
        await commit()
        await redis.del(KEY)
      },
      close: async () => redis.disconnect(),
    }
  },
}
