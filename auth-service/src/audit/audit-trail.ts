import type { Act, NewEntry } from './audit-entry.ts'

/** Entries that wait at most: a minute of log-ins on a database that is away. */
const MAX_WAITING = 5_000
const BATCH = 500
const EVERY_MS = 250

type Entry = NewEntry & { id: string }

export interface AuditTrailOptions {
  entries: { insert(entries: readonly Entry[]): Promise<void> }
  newId: () => string
  /** Names this process */
  instance: string
  now: () => Date
  /** Told of each entry that could not wait any more */
  dropped: () => void
  log: { warn: (details: object, message: string) => void }
}

/**
 * Writes acts down. Every one gets the next number of this process' sequence when it happens, so that those which
 * were dropped, or lost with the process, leave a gap.
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions
  #waiting: Entry[] = []
  #sequence = 0
  #writing: Promise<void> = Promise.resolve()
  #isAway = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: AuditTrailOptions) {
    this.#options = options
  }

  /** Writes an act down before it is answered. @throws DatabaseUnavailable */
  async record(act: Act): Promise<void> {
    await this.#options.entries.insert([this.#entryOf(act)])
  }

  /** Has an act written down soon, together with others: nobody waits for it. */
  note(act: Act): void {
    const entry = this.#entryOf(act)
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(entry)
    else this.#options.dropped()
  }

  start(): void {
    this.#timer = setInterval(() => this.#writeSoon(), EVERY_MS)
    this.#timer.unref()
  }

  /** Resolves when what waited is written down, or cannot be. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.#writeWaiting()
  }

  #entryOf(act: Act): Entry {
    const { newId, now, instance } = this.#options
    this.#sequence++
    return { ...act, id: newId(), at: now(), instance, sequence: this.#sequence }
  }

  /** One batch after another, never two at once. */
  #writeSoon(): void {
    this.#writing = this.#writing.then(() => this.#writeWaiting())
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH)
      try {
        await this.#options.entries.insert(batch)
      } catch (error) {
        if (!this.#isAway)
          this.#options.log.warn({ reason: String(error) }, 'audit entries wait to be written')
        this.#isAway = true
        return
      }
      this.#isAway = false
      this.#waiting = this.#waiting.slice(batch.length)
    }
  }
}
