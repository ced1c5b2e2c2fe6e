import type { CacheMetrics } from './cache-metrics.ts'
import type { ListPage } from './list-page.ts'
import type { Epochs, Lease, ListStore, Load, Log } from './ports.ts'

interface Parts {
  store: Pick<ListStore, 'find'>
  epochs: Pick<Epochs, 'holds'>
  load: Load
  metrics: CacheMetrics
  log: Log
  every: number
}

/**
 * Compares one hit in `every` with MongoDB, beside the request. A difference counts only when the cache still holds
 * the same value afterwards and the lease has not ended: else a write came between, which is not staleness.
 */
export class Sampler {
  readonly #parts: Parts
  #hits = 0
  #running = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  hit(lease: Lease, owner: string, page: ListPage): void {
    this.#hits++
    if (this.#running || this.#hits % this.#parts.every !== 0) return
    this.#running = true
    this.#compare(lease, owner, page)
      .catch((err) => this.#parts.log.debug({ reason: String(err) }, 'sample not comparable'))
      .finally(() => {
        this.#running = false
      })
  }

  async #compare(lease: Lease, owner: string, page: ListPage): Promise<void> {
    const { store, epochs, load, metrics, log } = this.#parts
    const truth = await load(owner)
    const again = await store.find(lease, owner)
    const comparable = epochs.holds(lease) && again.state === 'hit' && again.page.etag === page.etag
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
