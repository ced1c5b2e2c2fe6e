import { Counter, Gauge, type Registry } from '@prometheus-io/client'

/** Everything the protocol does is countable. */
export class CacheMetrics {
  readonly #reads: Counter<'result'>
  readonly #writes: Counter<'step'>
  readonly #unmarkFailures: Counter
  readonly #epochChanges: Counter
  readonly #breaker: Gauge
  readonly #sampled: Counter
  readonly #stale: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    this.#reads = new Counter({
      name: 'task_cache_reads_total',
      help: 'Default list reads by what the cache could do for them',
      labelNames: ['result'],
      registers,
    })
    this.#writes = new Counter({
      name: 'task_cache_write_steps_total',
      help: 'Steps of the write protocol: marked, joined (tainted), stored, dropped, waiting, tainted, abandoned, withdrawn, late',
      labelNames: ['step'],
      registers,
    })
    this.#unmarkFailures = new Counter({
      name: 'task_cache_unmark_failures_total',
      help: 'Unmarks that failed after all retries',
      registers,
    })
    this.#epochChanges = new Counter({
      name: 'task_cache_epoch_changes_total',
      help: 'Times the cache was turned on or off',
      registers,
    })
    this.#breaker = new Gauge({
      name: 'task_cache_breaker_open',
      help: '1 while requests do not wait for Redis',
      registers,
    })
    this.#sampled = new Counter({
      name: 'task_cache_sampled_total',
      help: 'Hits compared with MongoDB',
      registers,
    })
    this.#stale = new Counter({
      name: 'task_cache_stale_total',
      help: 'Sampled hits that differed from MongoDB; must stay 0',
      registers,
    })
    this.#stale.inc(0)
  }

  read(result: string): void {
    this.#reads.inc({ result })
  }

  write(step: string): void {
    this.#writes.inc({ step })
  }

  unmarkFailed(): void {
    this.#unmarkFailures.inc()
  }

  epochChanged(): void {
    this.#epochChanges.inc()
  }

  breaker(open: boolean): void {
    this.#breaker.set(open ? 1 : 0)
  }

  sampled(stale: boolean): void {
    this.#sampled.inc()
    if (stale) this.#stale.inc()
  }
}
