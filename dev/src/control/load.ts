import { Worker } from 'node:worker_threads'

/** What the page may ask for, a second at most. */
export const LIMITS = { reads: 500, writes: 60, logins: 20 }
/** Accounts that send the load */
export const PEOPLE = 12

/** Requests a second of each kind; all 0 ends the load. */
export interface LoadOrder {
  reads: number
  writes: number
  logins: number
}

/** Sums since the load began; times are milliseconds of the last two seconds, from being due to being answered. */
export interface LoadStats {
  sent: number
  ok: number
  failed: number
  /** Acknowledged writes that a later list did not show */
  lost: number
  /** Due, but so many were under way already that they were not sent */
  unsent: number
  /** Why the last one failed; empty = none has */
  lastFailure: string
  readsPerSecond: number
  readP50: number
  readP99: number
  loginsPerSecond: number
  loginP99: number
}

/** A load generator in a thread of its own, so that it does not hold up the supervisor; started when first asked. */
export class Load {
  readonly #baseUrl: string
  readonly #onStats: (stats: LoadStats) => void
  #worker: Worker | undefined

  constructor(baseUrl: string, onStats: (stats: LoadStats) => void) {
    this.#baseUrl = baseUrl
    this.#onStats = onStats
  }

  order(order: LoadOrder): void {
    if (!this.#worker && Object.values(order).every((rate) => rate === 0)) return
    this.#worker ??= this.#start()
    this.#worker.postMessage(order)
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  #start(): Worker {
    const worker = new Worker(new URL('load-worker.ts', import.meta.url), {
      workerData: { baseUrl: this.#baseUrl },
    })
    worker.on('message', this.#onStats)
    worker.on('error', (error) => {
      process.stderr.write(`The load generator has ended: ${error.message}\n`)
      this.#worker = undefined
    })
    worker.unref()
    return worker
  }
}
