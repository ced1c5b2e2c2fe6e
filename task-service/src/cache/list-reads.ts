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

  /** One Redis round trip on a hit, and few promises: it is what nearly all requests are. */
  async read(owner: string): Promise<CachedPage> {
    const { epochs, store, metrics } = this.#parts
    const lease = epochs.current()
    const found = lease?.readable ? await orUndefined(store.find(lease, owner)) : undefined
    const answer = this.#hit(lease, owner, found) ?? (await this.#load(lease, owner, found))
    metrics.read(answer.result)
    return answer
  }

  /** The lease covers the whole read: while it holds, no write can have been acknowledged without a mark in this Redis. */
  #hit(lease: Lease | undefined, owner: string, found: Found | undefined): CachedPage | undefined {
    const { epochs, sampler } = this.#parts
    if (found?.state !== 'hit' || !lease || !epochs.holds(lease)) return undefined
    sampler.hit(lease, owner, found.page)
    return { page: found.page, result: 'hit' }
  }

  async #load(lease: Lease | undefined, owner: string, first: Found | undefined): Promise<CachedPage> {
    const { store, load } = this.#parts
    if (!lease?.readable) return { page: await load(owner), result: 'cache-off' }
    const found = first?.state === 'empty' ? await orUndefined(store.claim(lease, owner)) : first
    if (!found) return { page: await load(owner), result: 'redis-unreachable' }
    if (found.state === 'filling') return this.#fill(lease, owner, found.claim, await load(owner))
    if (found.state !== 'hit') return this.#confirm(lease, owner, await load(owner))
    return this.#hit(lease, owner, found) ?? { page: await load(owner), result: 'lease-lost' }
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
