import { LruMap } from 'toad-cache'
import { type AttemptStore, type DelayRule, type Window, waitAfter } from './attempt-store.ts'

const MAX_ENTRIES = 50_000

interface Entry {
  count: number
  /** The next attempt may come then (ms since start) */
  nextAt: number
  expiresAt: number
}

/** The limits of one instance, for the time Redis is away. Bounded: the entries touched longest ago go first. */
export class AttemptMemory implements AttemptStore {
  readonly #entries = new LruMap<Entry>(MAX_ENTRIES)
  readonly #now: () => number

  /** @param now a monotonic clock in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  async count(key: string, windowMs: number): Promise<Window> {
    const now = this.#now()
    const entry = this.#live(key, now) ?? { count: 0, nextAt: 0, expiresAt: now + windowMs }
    entry.count++
    this.#entries.set(key, entry)
    return { count: entry.count, resetMs: entry.expiresAt - now }
  }

  async delay(key: string, rule: DelayRule): Promise<number> {
    const now = this.#now()
    const entry = this.#live(key, now) ?? { count: 0, nextAt: 0, expiresAt: 0 }
    if (now < entry.nextAt) return entry.nextAt - now
    this.#step(key, entry, 1, rule)
    return 0
  }

  async undo(key: string, rule: DelayRule): Promise<void> {
    const entry = this.#live(key, this.#now())
    if (entry) this.#step(key, entry, -1, rule)
  }

  async forget(keys: string[]): Promise<void> {
    this.#entries.deleteMany(keys)
  }

  #step(key: string, entry: Entry, step: 1 | -1, rule: DelayRule): void {
    entry.count += step
    entry.nextAt = this.#now() + waitAfter(entry.count, rule)
    entry.expiresAt = entry.nextAt + rule.forgetMs
    this.#entries.set(key, entry)
  }

  #live(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.expiresAt > now ? entry : undefined
  }
}
