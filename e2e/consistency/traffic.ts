import { setTimeout as sleep } from 'node:timers/promises'
import type { History } from '../harness/history.ts'
import type { Random } from '../harness/random.ts'
import { ABSENT, type Account, CREATED, readCounters, SLOTS } from './counters.ts'
import type { Answer, HttpConnection } from './http-connection.ts'
import { Writes } from './writes.ts'

const PACE_MS = 1
const MOST_BEHIND = 50
/** Refusals come at once: without a pause they would be most of the operations. */
const PAUSE_AFTER_FAILURE_MS = 20

export interface Mix {
  readonly readsPerWrite: number
  /** Share of all reads that go to a user whose write is under way: these can find a stale list, and cost the most. */
  readonly racingShare: number
}

/** The longest time without any success, of one kind of operation. */
class Gap {
  #last: number
  longestMs = 0

  constructor(now: number) {
    this.#last = now
  }

  success(now: number): void {
    this.longestMs = Math.max(this.longestMs, now - this.#last)
    this.#last = now
  }
}

/**
 * Reads and writes against the gateway, as fast as it answers. Every slot of an account's list is one register of the history,
 * with at most one write in progress.
 */
export class Traffic {
  reads = 0
  writes = 0
  failedReads = 0
  unknownWrites = 0
  hits = 0
  /** Answers that were no success, by method, status and code */
  readonly refusals = new Map<string, number>()
  readonly readGap: Gap
  readonly writeGap: Gap
  readonly #accounts: readonly Account[]
  readonly #history: History
  readonly #random: Random
  readonly #mix: Mix
  readonly #registers: number
  readonly #ways: Writes
  readonly #busy = new Set<number>()
  #racing: number[] = []
  #writesBegun = 0
  #stopped = false

  constructor(accounts: readonly Account[], history: History, random: Random, mix: Mix) {
    this.#accounts = accounts
    this.#mix = mix
    this.#history = history
    this.#random = random
    this.#registers = accounts.length * SLOTS
    this.#ways = new Writes({
      accounts,
      history,
      random,
      onFailure: (request, answer) => this.#afterFailure(request, answer),
    })
    const now = performance.now()
    this.readGap = new Gap(now)
    this.writeGap = new Gap(now)
  }

  get operations(): number {
    return this.reads + this.writes
  }

  /** Ends the workers after their present operation. */
  stop(): void {
    this.#stopped = true
    const now = performance.now()
    this.readGap.success(now)
    this.writeGap.success(now)
  }

  /** One reader; resolves after `stop`. @throws Error when an answer makes no sense */
  async keepReading(connection: HttpConnection): Promise<void> {
    const values = Array.from({ length: SLOTS }, () => 0)
    while (!this.#stopped) await this.#read(connection, this.#accountToRead(), values)
  }

  /** One writer, at the pace of the readers; a worker of its own, so that writes which wait do not hold up reads. */
  async keepWriting(connection: HttpConnection): Promise<void> {
    const values = Array.from({ length: SLOTS }, () => 0)
    while (!this.#stopped) {
      const register = this.#random.below(this.#registers)
      if (this.#writesBegun * this.#mix.readsPerWrite > this.reads || this.#busy.has(register))
        await sleep(PACE_MS)
      else await this.#write(connection, register, values)
    }
  }

  #accountToRead(): number {
    if (this.#racing.length > 0 && this.#random.chance(this.#mix.racingShare))
      return this.#random.pick(this.#racing)
    return this.#random.below(this.#accounts.length)
  }

  async #read(connection: HttpConnection, index: number, values: number[]): Promise<void> {
    const { headers } = this.#accounts[index] as Account
    const operation = this.#history.beginRead(index * SLOTS)
    for (let slot = 1; slot < SLOTS; slot++) this.#history.beginRead(index * SLOTS + slot)
    const answer = await connection.send('GET', '/tasks', headers)
    if (answer?.status === 200) {
      readCounters(answer.body, values)
      for (const [slot, value] of values.entries()) this.#endRead(operation, index, slot, value)
      this.reads++
      this.readGap.success(performance.now())
      if (String(answer.headers['cache-status']).endsWith('hit')) this.hits++
      return
    }
    for (let slot = 0; slot < SLOTS; slot++) this.#history.failRead(operation + slot)
    this.failedReads++
    await this.#afterFailure('GET list', answer)
  }

  /** A missing task that may be in the bin is left out; any other missing task counts as one without a write. */
  #endRead(operation: number, index: number, slot: number, value: number): void {
    const register = index * SLOTS + slot
    const read = operation + slot
    if (value !== ABSENT) this.#history.endRead(read, value)
    else if (this.#ways.mayMiss(register, this.#history.startOf(read))) this.#history.failRead(read)
    else this.#history.endRead(read, 0)
  }

  async #write(connection: HttpConnection, register: number, values: number[]): Promise<void> {
    const index = Math.floor(register / SLOTS)
    // Writers that fell behind do not catch up: that would be a burst.
    this.#writesBegun = Math.max(
      this.#writesBegun + 1,
      Math.floor(this.reads / this.#mix.readsPerWrite) - MOST_BEHIND,
    )
    this.#racing.push(index)
    const registers = this.#alsoFree(register)
    for (const one of registers) this.#busy.add(one)
    const acknowledged = await this.#ways.write(connection, registers)
    if (acknowledged) {
      this.writes++
      this.writeGap.success(performance.now())
    } else this.unknownWrites++
    // Read-your-writes is what a person notices first.
    if (acknowledged && this.#random.chance(0.5)) await this.#read(connection, index, values)
    this.#racing.splice(this.#racing.indexOf(index), 1)
    for (const one of registers) {
      while (!acknowledged && !this.#stopped && !(await this.#ways.learn(connection, one)));
      this.#busy.delete(one)
    }
  }

  /** The register, and sometimes the other lasting one of its account, if that is free. */
  #alsoFree(register: number): number[] {
    const slot = register % SLOTS
    if (slot === CREATED || !this.#ways.wantsBoth(register)) return [register]
    const other = register - slot + (1 - slot)
    return this.#busy.has(other) ? [register] : [register, other]
  }

  /** @throws Error for a status that no fault explains */
  async #afterFailure(request: string, answer: Answer | undefined): Promise<void> {
    const what = `${request} ${answer ? `${answer.status} ${codeOf(answer)}` : 'no answer'}`
    this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1)
    if (answer && answer.status < 500 && answer.status !== 412) {
      throw new Error(`no fault explains ${answer.status}: ${answer.body}`)
    }
    await sleep(PAUSE_AFTER_FAILURE_MS)
  }
}

/** The code of a problem document; what is in its place, if that is something else. */
function codeOf({ body }: Answer): string {
  const text = String(body)
  return /"code":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 80)
}
