import type { Registry } from '@prometheus-io/client'
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { CacheMetrics } from './cache-metrics.ts'
import { EpochRepository } from './epoch.repository.ts'
import { EpochLease } from './epoch-lease.ts'
import { ListCache } from './list.cache.ts'
import { type CachedPage, ListReads } from './list-reads.ts'
import { ListWrites } from './list-writes.ts'
import type { ListStore, Load, Log } from './ports.ts'
import { RedisProcess } from './redis-process.cache.ts'
import { Sampler } from './sampler.ts'
import { checkTiming, TIMING } from './timing.ts'

export { CacheUnreachable, NotAnnounced, NothingWritten, TooManyWriters } from './errors.ts'
export { decodePage, encodePage, type ListPage, listPage } from './list-page.ts'
export type { CachedPage, CacheResult } from './list-reads.ts'
export type { Found, Lease, ListStore } from './ports.ts'
export type { RedisProcess } from './redis-process.cache.ts'
// As they run in Redis: whoever explains the protocol shows the real ones.
export { CLAIM, FILL, MARK, UNMARK } from './scripts.ts'

/** One in so many hits is compared with MongoDB. */
const SAMPLE_EVERY = 10_000

/** The first page of every owner's list, cached: see README.md. */
export interface Lists {
  /** A read that starts after a write was acknowledged shows that write, on every instance. */
  read(owner: string): Promise<CachedPage>
  /**
   * Runs `commit`, which writes to the list of `owner`; its result may be acknowledged once this returns.
   * @param deadline monotonic milliseconds; later, `commit` is not called any more
   * @throws NothingWritten · NotAnnounced · TooManyWriters · whatever `commit` throws, and then it may have been made
   */
  write<T>(owner: string, deadline: number, commit: () => Promise<T>): Promise<T>
  /** Makes the document of the epochs; repeatable. */
  prepare(): Promise<void>
  start(): void
  stop(): Promise<void>
}

interface Options {
  redis: Redis
  db: Db
  registry: Registry
  log: Log
  /** Reads the list of one owner from MongoDB's primary, with majority read concern. */
  load: Load
  /** After its start, a `commit` ends within so many milliseconds. */
  commitLimitMs: number
  /** Put the new list into the cache with the write, rather than leave it to the next reader */
  writeThrough: boolean
  /** The steps in Redis. Others than our own are for comparisons. */
  store?: (redis: Redis, process: RedisProcess) => ListStore
}

/** @throws Error when durations contradict each other */
export function openLists(options: Options): Lists {
  checkTiming(TIMING, options.commitLimitMs)
  const { redis, db, registry, log, load, writeThrough } = options
  const metrics = new CacheMetrics(registry)
  const process = new RedisProcess(redis, metrics, log)
  const store = options.store?.(redis, process) ?? new ListCache(redis, process)
  const repository = new EpochRepository(db)
  const epochs = new EpochLease({ epochs: repository, reaches: () => process.runId(), metrics, log })
  const sampler = new Sampler({ store, epochs, load, metrics, log, every: SAMPLE_EVERY })
  const reads = new ListReads({ store, epochs, load, metrics, sampler })
  const writes = new ListWrites({ store, epochs, load, metrics, writeThrough })
  return {
    read: (owner) => reads.read(owner),
    write: (owner, deadline, commit) => writes.write(owner, deadline, commit),
    prepare: () => repository.prepare(),
    start: () => epochs.start(),
    async stop() {
      writes.stop()
      await epochs.stop()
      process.close()
    },
  }
}
