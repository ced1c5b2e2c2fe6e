import type { Redis } from 'ioredis'

interface Lease {
  readonly epoch: number
  readonly cache: string
}

interface ListPage {
  readonly body: Buffer
}

interface OriginalListCache {
  reaches(lease: Lease): boolean
}

const SERVICE = new URL('../../../task-service/src/', import.meta.url)
const original = (await import(new URL('cache/list.cache.ts?original', SERVICE).href)) as {
  ListCache: new (redis: Redis, process: unknown) => OriginalListCache
  CacheUnreachable: new (message: string, options?: ErrorOptions) => Error
}
const { encodePage, decodePage } = (await import(new URL('tasks/list-page.ts', SERVICE).href)) as {
  encodePage(page: ListPage): Buffer
  decodePage(bytes: Buffer): ListPage
}

type Found = { state: 'hit'; page: ListPage } | { state: 'filling'; claim: string }

const LIFE_MS = 60_000
export const { CacheUnreachable } = original

/** The usual cache-aside, in the shape of the service's own class: no mark, no claim, DEL after the write. */
export class ListCache extends original.ListCache {
  readonly #redis: Redis

  constructor(redis: Redis, process: unknown) {
    super(redis, process)
    this.#redis = redis
  }

  /** Finds no `empty`, so nothing is ever claimed. */
  async find(lease: Lease, owner: string): Promise<Found> {
    const value = await this.#send(lease, () => this.#redis.getBuffer(key(lease, owner)))
    return value === null ? { state: 'filling', claim: '' } : { state: 'hit', page: decodePage(value) }
  }

  async fill(lease: Lease, owner: string, _claim: string, page: ListPage): Promise<'stored'> {
    await this.#send(lease, () => this.#redis.set(key(lease, owner), encodePage(page), 'PX', LIFE_MS))
    return 'stored'
  }

  async confirm(): Promise<undefined> {}

  /** Always tainted, so that nothing is written through. */
  async mark(): Promise<'joined'> {
    return 'joined'
  }

  async unmark(lease: Lease, owner: string): Promise<string> {
    await this.#send(lease, () => this.#redis.del(key(lease, owner)))
    return 'dropped'
  }

  async abandon(lease: Lease, owner: string): Promise<void> {
    await this.unmark(lease, owner)
  }

  async #send<T>(lease: Lease, command: () => Promise<T>): Promise<T> {
    if (!this.reaches(lease)) throw new original.CacheUnreachable('another Redis process, or none')
    try {
      return await command()
    } catch (cause) {
      throw new original.CacheUnreachable('Redis did not answer', { cause })
    }
  }
}

function key(lease: Lease, owner: string): string {
  return `naive:{${owner}}:${lease.cache}:${lease.epoch}`
}
