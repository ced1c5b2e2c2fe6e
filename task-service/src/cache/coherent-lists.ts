import { setTimeout as sleep } from 'node:timers/promises'
import { OutcomeUnknown, TooManyWrites, WriteUnavailable } from '../errors.ts'
import type { ListPage } from '../tasks/list-page.ts'
import type { CacheMetrics } from './cache-metrics.ts'
import { OFF } from './epoch.repository.ts'
import type { EpochLease, Lease } from './epoch-lease.ts'
import { CacheUnreachable, type Found, type ListCache } from './list.cache.ts'
import type { Sampler } from './sampler.ts'

/** How long a write tries to reach Redis before it has the cache turned off for everyone. */
const REDIS_PATIENCE_MS = 500
const REDIS_RETRY_MS = 25

/** How a list was answered, in terms of RFC 9211 */
export type CacheResult =
  | 'hit'
  | 'stored'
  | 'not-stored'
  | 'write-in-progress'
  | 'cache-off'
  | 'redis-unreachable'
  | 'lease-lost'

export interface CachedPage {
  page: ListPage
  result: CacheResult
}

type Load = () => Promise<ListPage>

interface Begun {
  lease: Lease
  /** The only write of this owner at its beginning */
  alone: boolean
}

interface Parts {
  cache: ListCache
  epochs: EpochLease
  sampler: Sampler
  metrics: CacheMetrics
  /** Put the new list into the cache when a write was alone, rather than leave it to the next reader */
  writeThrough: boolean
}

/**
 * Mark, write, unmark: a list read that starts after a write was acknowledged shows that write, on every instance,
 * also under crashes, evictions, restarts and network faults. Deadlines are monotonic milliseconds.
 */
export class CoherentLists {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** One Redis round trip on a hit; everything that is not a hit is answered by `load`, which reads MongoDB. */
  async read(owner: string, load: Load): Promise<CachedPage> {
    const answer = await this.#read(owner, load)
    this.#parts.metrics.read(answer.result)
    return answer
  }

  async #read(owner: string, load: Load): Promise<CachedPage> {
    const { cache, epochs, sampler } = this.#parts
    const lease = epochs.current()
    if (!lease?.readable) return { page: await load(), result: 'cache-off' }
    const found = await orUndefined(find(cache, lease, owner))
    if (!found) return { page: await load(), result: 'redis-unreachable' }
    if (found.state === 'filling') return this.#fill(lease, owner, found.claim, await load())
    if (found.state !== 'hit') return this.#confirm(lease, owner, await load())
    // The lease covers the whole read: while it holds, no write can have been acknowledged without a mark in this Redis.
    if (!epochs.holds(lease)) return { page: await load(), result: 'lease-lost' }
    sampler.hit(lease, owner, found.page, load)
    return { page: found.page, result: 'hit' }
  }

  async #fill(lease: Lease, owner: string, claim: string, page: ListPage): Promise<CachedPage> {
    const stored = await orUndefined(this.#parts.cache.fill(lease, owner, claim, page))
    if (stored === 'stored') return { page, result: 'stored' }
    return { page: this.#unlessOlder(lease, page, stored), result: 'not-stored' }
  }

  /** What a read shows that did not fill is never followed by something older: see CONFIRM. */
  async #confirm(lease: Lease, owner: string, page: ListPage): Promise<CachedPage> {
    const cached = await orUndefined(this.#parts.cache.confirm(lease, owner))
    return { page: this.#unlessOlder(lease, page, cached), result: 'write-in-progress' }
  }

  /** A value in the cache is what later reads will show, as long as the lease holds. */
  #unlessOlder(lease: Lease, page: ListPage, cached: ListPage | undefined): ListPage {
    return cached && this.#parts.epochs.holds(lease) ? cached : page
  }

  /**
   * Runs `commit` between mark and unmark; its result may be acknowledged once this returns.
   * @throws WriteUnavailable nothing was written · OutcomeUnknown · TooManyWrites · whatever `commit` throws
   */
  async write<T>(owner: string, deadline: number, commit: () => Promise<T>, load: Load): Promise<T> {
    const token = this.#parts.cache.token()
    const begun = await this.#begin(owner, token, deadline)
    const result = await this.#commit(owner, token, begun, deadline, commit)
    const page = begun.alone && this.#parts.writeThrough ? await load().catch(() => undefined) : undefined
    await this.#finish(owner, token, begun, deadline, page)
    return result
  }

  async #begin(owner: string, token: string, deadline: number): Promise<Begun> {
    const { cache, epochs, metrics } = this.#parts
    for (;;) {
      const lease = await epochs.writable(deadline)
      if (!lease) throw new WriteUnavailable()
      if (lease.cache === OFF) return { lease, alone: false }
      const mark = await this.#patiently(lease, deadline, () => cache.mark(lease, owner, token))
      if (mark === 'full') throw new TooManyWrites()
      if (mark) {
        metrics.write(mark === 'alone' ? 'marked' : 'joined')
        // Until the epoch is settled a write elsewhere need not leave a mark, so nothing may be stored.
        return { lease, alone: mark === 'alone' && lease.readable }
      }
      await epochs.proposeOff(lease)
      if (performance.now() >= deadline) throw new WriteUnavailable()
    }
  }

  async #commit<T>(
    owner: string,
    token: string,
    { lease }: Begun,
    deadline: number,
    commit: () => Promise<T>,
  ): Promise<T> {
    const { cache, metrics } = this.#parts
    try {
      if (performance.now() >= deadline) throw new WriteUnavailable()
      return await commit()
    } catch (err) {
      if (lease.cache !== OFF) {
        // A refusal of our own has changed nothing; anything else may have, or may do so yet.
        const unknown = !(err instanceof WriteUnavailable)
        metrics.write(unknown ? 'abandoned' : 'withdrawn')
        await orUndefined<unknown>(
          unknown ? cache.abandon(lease, owner, token) : cache.unmark(lease, owner, token, undefined),
        )
      }
      throw err
    }
  }

  /** Returns when the write may be acknowledged: unmarked under a lease that still holds, or with the cache off. */
  async #finish(
    owner: string,
    token: string,
    begun: Begun,
    deadline: number,
    written: ListPage | undefined,
  ): Promise<void> {
    const { epochs, metrics } = this.#parts
    let lease = begun.lease
    let page = written
    for (;;) {
      if (lease.cache !== OFF) {
        const step = await this.#patiently(lease, deadline, () =>
          this.#parts.cache.unmark(lease, owner, token, page),
        )
        if (step) metrics.write(step)
        else {
          metrics.unmarkFailed()
          await epochs.proposeOff(lease)
        }
        if (step && epochs.holds(lease)) return
      } else if (epochs.holds(lease)) return
      // What was written is in MongoDB, but readers may still be served from where it was not announced.
      page = undefined
      const next = await epochs.writable(deadline)
      if (!next) throw new OutcomeUnknown()
      lease = next
    }
  }

  /** Retries while Redis does not answer; undefined when it has not within the patience a write has. */
  async #patiently<T>(lease: Lease, deadline: number, command: () => Promise<T>): Promise<T | undefined> {
    const giveUp = Math.min(deadline, performance.now() + REDIS_PATIENCE_MS)
    for (;;) {
      const result = await orUndefined(command())
      if (result !== undefined || performance.now() >= giveUp || !this.#parts.epochs.holds(lease))
        return result
      await sleep(REDIS_RETRY_MS)
    }
  }
}

async function find(cache: ListCache, lease: Lease, owner: string): Promise<Found> {
  const found = await cache.find(lease, owner)
  return found.state === 'empty' ? cache.claim(lease, owner) : found
}

/** An unreachable cache is an answer like others; any other error is a defect and goes on. */
async function orUndefined<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt
  } catch (err) {
    if (err instanceof CacheUnreachable) return undefined
    throw err
  }
}
