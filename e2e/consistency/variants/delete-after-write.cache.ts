import type { Redis } from 'ioredis'
import {
  CacheUnreachable,
  decodePage,
  encodePage,
  type Found,
  type Lease,
  type ListPage,
  type ListStore,
  openLists as original,
  type RedisProcess,
} from '../../../task-service/src/cache/index.ts'

export * from '../../../task-service/src/cache/index.ts'

const LIFE_MS = 60_000

/** As the service's own, with other steps in Redis. */
export function openLists(options: Parameters<typeof original>[0]): ReturnType<typeof original> {
  return original({ ...options, store: (redis, process) => new DeleteAfterWrite(redis, process) })
}

/** The usual cache-aside: no mark, no claim, DEL after the write. */
class DeleteAfterWrite implements ListStore {
  readonly #redis: Redis
  readonly #process: RedisProcess

  constructor(redis: Redis, process: RedisProcess) {
    this.#redis = redis
    this.#process = process
  }

  token(): string {
    return ''
  }

  /** Never reports `empty`, so no reader ever claims. */
  async find(lease: Lease, owner: string): Promise<Found> {
    const value = await this.#send(lease, () => this.#redis.getBuffer(key(lease, owner)))
    return value === null ? { state: 'filling', claim: '' } : { state: 'hit', page: decodePage(value) }
  }

  async claim(): Promise<Found> {
    return { state: 'filling', claim: '' }
  }

  async fill(lease: Lease, owner: string, _claim: string, page: ListPage): Promise<'stored'> {
    await this.#send(lease, () => this.#redis.set(key(lease, owner), encodePage(page), 'PX', LIFE_MS))
    return 'stored'
  }

  async confirm(): Promise<undefined> {}

  /** Reports another write beside each one, so that nothing is written through. */
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
    if (this.#process.runId() !== lease.redisRun) throw new CacheUnreachable('another Redis process, or none')
    try {
      return await command()
    } catch (cause) {
      throw new CacheUnreachable('Redis did not answer', { cause })
    }
  }
}

function key(lease: Lease, owner: string): string {
  return `naive:{${owner}}:${lease.redisRun}:${lease.epoch}`
}
