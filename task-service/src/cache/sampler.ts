import type { FastifyBaseLogger } from 'fastify'
import type { ListPage } from '../tasks/list-page.ts'
import type { CacheMetrics } from './cache-metrics.ts'
import type { Lease } from './epoch-lease.ts'
import type { ListCache } from './list.cache.ts'

/**
 * Compares one hit in `every` with MongoDB, beside the request. A difference counts only when the cache still holds
 * the same value afterwards and the lease has not ended: else a write came between, which is not staleness.
 */
export class Sampler {
  readonly #parts: {
    cache: ListCache
    metrics: CacheMetrics
    log: FastifyBaseLogger
    holds: (lease: Lease) => boolean
    every: number
  }
  #hits = 0
  #running = false

  constructor(parts: {
    cache: ListCache
    metrics: CacheMetrics
    log: FastifyBaseLogger
    holds: (lease: Lease) => boolean
    every: number
  }) {
    this.#parts = parts
  }

  hit(lease: Lease, owner: string, page: ListPage, load: () => Promise<ListPage>): void {
    this.#hits++
    if (this.#running || this.#hits % this.#parts.every !== 0) return
    this.#running = true
    this.#compare(lease, owner, page, load)
      .catch((err) => this.#parts.log.debug({ reason: String(err) }, 'sample not comparable'))
      .finally(() => {
        this.#running = false
      })
  }

  async #compare(lease: Lease, owner: string, page: ListPage, load: () => Promise<ListPage>): Promise<void> {
    const { cache, metrics, log, holds } = this.#parts
    const truth = await load()
    const again = await cache.find(lease, owner)
    const comparable = holds(lease) && again.state === 'hit' && again.page.etag === page.etag
    if (!comparable) return
    const stale = truth.etag !== page.etag
    metrics.sampled(stale)
    if (stale)
      log.error(
        { owner, epoch: lease.epoch, cached: page.etag, stored: truth.etag },
        'stale list in the cache',
      )
  }
}
