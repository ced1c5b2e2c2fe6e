import { signal } from '@preact/signals'
import type { Exchange } from '../api/exchange.ts'

/** Ten seconds at 500 requests a second. */
const CAPACITY = 5_000
/** Shown as text, and written anew at most so often (ms) */
const SHOWN = 40
const SHOW_EVERY_MS = 150

export interface Seen {
  exchange: Exchange
  /** `performance.now()` when this page heard of it */
  at: number
}

type Listener = (seen: Seen) => void

/** Everything that happened, in a ring; each exchange is handed to every listener exactly once. */
export class Feed {
  readonly #ring: Seen[] = []
  #next = 0
  readonly #listeners = new Set<Listener>()
  readonly #ids = new Set<string>()
  #publishing: ReturnType<typeof setTimeout> | undefined
  /** Newest first */
  readonly recent = signal<readonly Seen[]>([])
  /** All there ever were, also those the ring has forgotten */
  answered = 0

  add(exchange: Exchange): void {
    // What this page asked itself is in the stream, too; whichever comes first counts.
    if (this.#ids.has(exchange.id)) return
    this.#remember(exchange.id)
    const seen = { exchange, at: performance.now() }
    this.#ring[this.#next] = seen
    this.#next = (this.#next + 1) % CAPACITY
    this.answered++
    this.#publishing ??= setTimeout(() => this.#publish(), SHOW_EVERY_MS)
    for (const listener of this.#listeners) listener(seen)
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What happened in the last `ms` milliseconds before `until`, oldest first. */
  since(ms: number, until = performance.now()): Seen[] {
    return this.#ordered().filter(({ at }) => at >= until - ms && at <= until)
  }

  #ordered(): Seen[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }

  #publish(): void {
    this.#publishing = undefined
    this.recent.value = this.#ordered().slice(-SHOWN).toReversed()
  }

  #remember(id: string): void {
    this.#ids.add(id)
    const [oldest] = this.#ids
    if (this.#ids.size > CAPACITY && oldest !== undefined) this.#ids.delete(oldest)
  }
}

export const feed = new Feed()
