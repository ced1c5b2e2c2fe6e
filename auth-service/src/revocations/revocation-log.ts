import { randomUUID } from 'node:crypto'
import type { Revocation } from './revocations.repository.ts'

/** Looked through again each time: covers clocks of instances that differ, and endings that became visible late. */
const OVERLAP_MS = 60_000
/** A reader comes once a second; who was away for longer reads the database's list. */
const KEPT_MS = 180_000
/** More sessions ended within the overlap than that is no traffic, it is a fault. */
const MAX_ENTRIES = 200_000
const CURSOR = /^([\w-]{36})\.(\d{1,15})$/

interface Entry {
  /** In the order in which this instance learned of them */
  number: number
  seenAt: number
  revocation: Revocation
}

interface Source {
  findRevocations(from: Date, to: Date | undefined, limit: number): Promise<Revocation[]>
}

/**
 * The sessions that ended lately, in the order in which this instance learned of them: so a reader can be sent what is new and
 * nothing twice, although clocks differ and what ended first may be seen second. All readers share one look at the database.
 */
export class RevocationLog {
  readonly #source: Source
  readonly #now: () => number
  readonly #instance = randomUUID()
  #entries: Entry[] = []
  readonly #known = new Set<string>()
  #last = 0
  #lookedAt: number | undefined
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(source: Source, now: () => number = Date.now) {
    this.#source = source
    this.#now = now
  }

  /** Where a reader goes on who knows all that can be seen now. */
  async end(): Promise<string> {
    await this.#look()
    return this.#cursor()
  }

  /** @returns what is new since a cursor; undefined for one of another instance, and for one too old */
  async after(cursor: string): Promise<{ revocations: Revocation[]; cursor: string } | undefined> {
    const [, instance, text] = CURSOR.exec(cursor) ?? []
    if (instance !== this.#instance) return undefined
    const number = Number(text)
    await this.#look()
    const oldest = this.#entries[0]?.number ?? this.#last + 1
    if (number < oldest - 1) return undefined
    const first = this.#entries.findIndex((entry) => entry.number > number)
    const revocations = first === -1 ? [] : this.#entries.slice(first).map(({ revocation }) => revocation)
    return { revocations, cursor: this.#cursor() }
  }

  #cursor(): string {
    return `${this.#instance}.${this.#last}`
  }

  /** Resolves after a look that began after the call: of many calls at once, the first begins one and the others share the next. */
  #look(): Promise<void> {
    if (!this.#looking) return this.#begin()
    this.#next ??= this.#looking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.#begin()
      })
    return this.#next
  }

  #begin(): Promise<void> {
    this.#looking = this.#read().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #read(): Promise<void> {
    const now = this.#now()
    const from = (this.#lookedAt ?? now) - OVERLAP_MS
    const found = await this.#source.findRevocations(new Date(from), undefined, MAX_ENTRIES)
    for (const revocation of found) {
      if (this.#known.has(revocation.sid)) continue
      this.#known.add(revocation.sid)
      this.#last++
      this.#entries.push({ number: this.#last, seenAt: now, revocation })
    }
    this.#lookedAt = now
    this.#forget(now - KEPT_MS)
  }

  #forget(before: number): void {
    const first = this.#entries.findIndex(({ seenAt }) => seenAt >= before)
    const old = this.#entries.splice(0, first === -1 ? this.#entries.length : first)
    for (const { revocation } of old) this.#known.delete(revocation.sid)
  }
}
