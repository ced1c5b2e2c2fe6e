import type { LoadOrder, LoadStats } from './load.ts'

const WINDOW_MS = 2_000

interface Sample {
  at: number
  ms: number
}

function percentile(samples: readonly Sample[], share: number): number {
  const sorted = samples.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** Counts what became of a load; times are kept for two seconds. */
export class LoadTally {
  #sums = { sent: 0, ok: 0, failed: 0, lost: 0, unsent: 0 }
  #lastFailure = ''
  readonly #samples: Record<keyof LoadOrder, Sample[]> = { reads: [], writes: [], logins: [] }
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  sent(): void {
    this.#sums.sent++
  }

  unsent(): void {
    this.#sums.unsent++
  }

  failed(why: string): void {
    this.#sums.failed++
    this.#lastFailure = why
  }

  lost(count: number): void {
    this.#sums.lost += count
  }

  answered(kind: keyof LoadOrder, ms: number): void {
    this.#sums.ok++
    this.#samples[kind].push({ at: this.#now(), ms })
  }

  report(): LoadStats {
    const from = this.#now() - WINDOW_MS
    for (const kind of ['reads', 'writes', 'logins'] as const)
      this.#samples[kind] = this.#samples[kind].filter(({ at }) => at >= from)
    const { reads, logins } = this.#samples
    return {
      ...this.#sums,
      lastFailure: this.#lastFailure,
      readsPerSecond: (reads.length * 1_000) / WINDOW_MS,
      readP50: percentile(reads, 0.5),
      readP99: percentile(reads, 0.99),
      loginsPerSecond: (logins.length * 1_000) / WINDOW_MS,
      loginP99: percentile(logins, 0.99),
    }
  }
}
