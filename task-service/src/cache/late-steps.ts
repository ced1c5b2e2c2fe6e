import { setTimeout as sleep } from 'node:timers/promises'
import type { CacheMetrics } from './cache-metrics.ts'
import { orUndefined } from './errors.ts'
import type { Epochs, Lease } from './ports.ts'
import type { Timing } from './timing.ts'

/** More of them wait for their marks to expire. */
const MAX_LATE_STEPS = 1_000

interface Parts {
  epochs: Pick<Epochs, 'current'>
  metrics: CacheMetrics
  timing: Timing
  /** Monotonic milliseconds */
  now: () => number
}

/**
 * Marks that outlived their requests: a write was answered with an error while Redis did not answer. Each is taken away
 * as soon as Redis answers again, so that readers get the cache back. Given up when its mark has expired by itself, or
 * its epoch is over.
 */
export class LateSteps {
  readonly #parts: Parts
  readonly #stopping = new AbortController()
  #count = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Tries once; what Redis did not answer is tried again in the background. */
  async attempt(lease: Lease, step: () => Promise<unknown>): Promise<void> {
    if (!(await isDone(step))) this.add(lease, step)
  }

  add(lease: Lease, step: () => Promise<unknown>): void {
    if (this.#count >= MAX_LATE_STEPS) return
    this.#count++
    void this.#insist(lease, step).finally(() => {
      this.#count--
    })
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #insist(lease: Lease, step: () => Promise<unknown>): Promise<void> {
    const { epochs, metrics, timing, now } = this.#parts
    const { signal } = this.#stopping
    const until = now() + timing.markLifeMs
    while (now() < until && (epochs.current()?.epoch ?? lease.epoch) === lease.epoch) {
      await sleep(timing.lateRetryMs, undefined, { ref: false, signal }).catch(() => {})
      if (signal.aborted) return
      if (await isDone(step)) return metrics.write('late')
    }
  }
}

async function isDone(step: () => Promise<unknown>): Promise<boolean> {
  return (await orUndefined(step().then(() => true))) === true
}
