import type { CacheMetrics } from './cache-metrics.ts'
import { orUndefined } from './errors.ts'
import type { ListPage } from './list-page.ts'
import type { Epochs, Found, Lease, ListStore, Load } from './ports.ts'

/** What the cache could do for a read, in terms of RFC 9211 */
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

interface Parts {
  store: Pick<ListStore, 'find' | 'claim' | 'fill' | 'confirm'>
  epochs: Pick<Epochs, 'current' | 'holds'>
  load: Load
  metrics: CacheMetrics
  /** Told of every hit */
  sampler: { hit(lease: Lease, owner: string, page: ListPage): void }
}

/** The reader's half of the protocol; everything that is not a hit is read from MongoDB. */
export class ListReads {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** One Redis round trip on a hit. */
  async read(owner: string): Promise<CachedPage> {
    const answer = await this.#read(owner)
    this.#parts.metrics.read(answer.result)
    return answer
  }

  async #read(owner: string): Promise<CachedPage> {
    const { epochs, load, sampler } = this.#parts
    const lease = epochs.current()
    if (!lease?.readable) return { page: await load(owner), result: 'cache-off' }
    const found = await orUndefined(this.#find(lease, owner))
    if (!found) return { page: await load(owner), result: 'redis-unreachable' }
    if (found.state === 'filling') return this.#fill(lease, owner, found.claim, await load(owner))
    if (found.state !== 'hit') return this.#confirm(lease, owner, await load(owner))
    // The lease covers the whole read: while it holds, no write can have been acknowledged without a mark in this Redis.
    if (!epochs.holds(lease)) return { page: await load(owner), result: 'lease-lost' }
    sampler.hit(lease, owner, found.page)
    return { page: found.page, result: 'hit' }
  }

  async #find(lease: Lease, owner: string): Promise<Found> {
    const found = await this.#parts.store.find(lease, owner)
    return found.state === 'empty' ? this.#parts.store.claim(lease, owner) : found
  }

  async #fill(lease: Lease, owner: string, claim: string, page: ListPage): Promise<CachedPage> {
    const stored = await orUndefined(this.#parts.store.fill(lease, owner, claim, page))
    if (stored === 'stored') return { page, result: 'stored' }
    return { page: this.#unlessOlder(lease, page, stored), result: 'not-stored' }
  }

  /** After a read that stored nothing, no later read may show an older list: see CONFIRM. */
  async #confirm(lease: Lease, owner: string, page: ListPage): Promise<CachedPage> {
    const cached = await orUndefined(this.#parts.store.confirm(lease, owner))
    return { page: this.#unlessOlder(lease, page, cached), result: 'write-in-progress' }
  }

  /** A value in the cache is what later reads will show, as long as the lease holds. */
  #unlessOlder(lease: Lease, page: ListPage, cached: ListPage | undefined): ListPage {
    return cached && this.#parts.epochs.holds(lease) ? cached : page
  }
}
