import { createCache as createDedupeCache } from 'async-cache-dedupe'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis'
import { createCache } from 'cache-manager'
import { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { KEY, LIFE_SECONDS, type Load, type Rival, serialised } from './rival.ts'

const LIFE = `${LIFE_SECONDS}s`
const REFERENCE = 'lists'

/** host and port of a Redis address, which bentocache's drivers ask for one by one. */
function connectionOf(redisUrl: string) {
  const { hostname, port } = new URL(redisUrl)
  return { host: hostname, port: Number(port) }
}

function ofBento(cache: BentoCache<{ lists: ReturnType<typeof bentostore> }>, load: Load) {
  return {
    read: () => cache.getOrSet({ key: KEY, ttl: LIFE, factory: () => serialised(load) }),
    async write(commit: () => Promise<void>) {
      await commit()
      await cache.delete({ key: KEY })
    },
    close: () => cache.disconnectAll(),
  }
}

export const bentoRedis: Rival = {
  name: 'bentocache, Redis',
  shared: true,
  async open({ redisUrl }, load) {
    const connection = connectionOf(redisUrl)
    const lists = bentostore().useL2Layer(redisDriver({ connection }))
    return ofBento(new BentoCache({ default: 'lists', stores: { lists } }), load)
  },
}

export const bentoLayers: Rival = {
  name: 'bentocache, memory + Redis + bus',
  shared: true,
  async open({ redisUrl }, load) {
    const connection = connectionOf(redisUrl)
    const lists = bentostore()
      .useL1Layer(memoryDriver({}))
      .useL2Layer(redisDriver({ connection }))
      .useBus(redisBusDriver({ connection }))
    return ofBento(new BentoCache({ default: 'lists', stores: { lists } }), load)
  },
}

export const dedupe: Rival = {
  name: 'async-cache-dedupe, Redis, references',
  shared: true,
  async open({ redisUrl }, load) {
    const client = new Redis(redisUrl)
    const cache = createDedupeCache({
      ttl: LIFE_SECONDS,
      storage: { type: 'redis', options: { client, invalidation: true } },
    }).define('list', { references: () => [REFERENCE] }, async (_key: string) => serialised(load))
    return {
      read: () => cache.list(KEY) as Promise<string>,
      async write(commit) {
        await commit()
        await cache.invalidateAll(REFERENCE)
      },
      close: async () => client.disconnect(),
    }
  },
}

export const cacheManager: Rival = {
  name: 'cache-manager, memory',
  shared: false,
  async open(_stores, load) {
    const cache = createCache({ ttl: LIFE_SECONDS * 1000 })
    return {
      read: () => cache.wrap(KEY, () => serialised(load)),
      async write(commit) {
        await commit()
        await cache.del(KEY)
      },
      close: () => cache.disconnect(),
    }
  },
}

export const lruFetch: Rival = {
  name: 'lru-cache fetch, memory',
  shared: false,
  async open(_stores, load) {
    const cache = new LRUCache<string, string>({
      max: 10,
      ttl: LIFE_SECONDS * 1000,
      fetchMethod: () => serialised(load),
    })
    return {
      // A write during the read has rejected it: the caller's part is to ask again.
      read: () => cache.forceFetch(KEY).catch(() => cache.forceFetch(KEY)),
      async write(commit) {
        await commit()
        cache.delete(KEY)
      },
      close: async () => cache.clear(),
    }
  },
}
