import { setTimeout as sleep } from 'node:timers/promises'
import type { History } from '../harness/history.ts'
import type { Random } from '../harness/random.ts'
import { type Account, readCounters, TASKS_EACH, titleOf } from './counters.ts'
import type { Answer, HttpConnection } from './http-connection.ts'

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
 * Reads and writes against the gateway, as fast as it answers. Every account's task is one register of the history,
 * with at most one write in progress, and each write carries If-Match of the version it follows: a smaller value can
 * never overwrite a bigger one, however late an unanswered write arrives.
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
  readonly #versions: string[]
  readonly #busy = new Set<number>()
  #racing: number[] = []
  #writesBegun = 0
  #stopped = false

  constructor(accounts: readonly Account[], history: History, random: Random, mix: Mix) {
    this.#accounts = accounts
    this.#mix = mix
    this.#history = history
    this.#random = random
    this.#versions = Array.from({ length: accounts.length * TASKS_EACH }, () => '"1"')
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
    const values = Array.from({ length: TASKS_EACH }, () => 0)
    while (!this.#stopped) await this.#read(connection, this.#accountToRead(), values)
  }

  /** One writer, at the pace of the readers; a worker of its own, so that writes which wait do not hold up reads. */
  async keepWriting(connection: HttpConnection): Promise<void> {
    const values = Array.from({ length: TASKS_EACH }, () => 0)
    while (!this.#stopped) {
      const register = this.#random.below(this.#versions.length)
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
    const operation = this.#history.beginRead(index * TASKS_EACH)
    for (let slot = 1; slot < TASKS_EACH; slot++) this.#history.beginRead(index * TASKS_EACH + slot)
    const answer = await connection.send('GET', '/tasks', headers)
    if (answer?.status === 200) {
      readCounters(answer.body, values)
      for (const [slot, value] of values.entries()) this.#history.endRead(operation + slot, value)
      this.reads++
      this.readGap.success(performance.now())
      if (String(answer.headers['cache-status']).endsWith('hit')) this.hits++
      return
    }
    for (let slot = 0; slot < TASKS_EACH; slot++) this.#history.failRead(operation + slot)
    this.failedReads++
    await this.#afterFailure('GET list', answer)
  }

  async #write(connection: HttpConnection, register: number, values: number[]): Promise<void> {
    const index = Math.floor(register / TASKS_EACH)
    this.#busy.add(register)
    // Writers that fell behind do not catch up: that would be a burst.
    this.#writesBegun = Math.max(
      this.#writesBegun + 1,
      Math.floor(this.reads / this.#mix.readsPerWrite) - MOST_BEHIND,
    )
    this.#racing.push(index)
    const acknowledged = await this.#put(connection, register)
    // Read-your-writes is what a person notices first.
    if (acknowledged && this.#random.chance(0.5)) await this.#read(connection, index, values)
    this.#racing.splice(this.#racing.indexOf(index), 1)
    if (!acknowledged) await this.#learnVersion(connection, register)
    this.#busy.delete(register)
  }

  async #put(connection: HttpConnection, register: number): Promise<boolean> {
    const account = this.#accounts[Math.floor(register / TASKS_EACH)] as Account
    const slot = register % TASKS_EACH
    const operation = this.#history.beginWrite(register)
    const headers = { ...account.headers, 'if-match': this.#versions[register] as string }
    const document = { title: titleOf(slot, this.#history.valueAt(operation)) }
    const answer = await connection.sendJson('PUT', `/tasks/${account.taskIds[slot]}`, document, headers)
    if (answer?.status === 200) {
      this.#history.endWrite(operation, 'acknowledged')
      this.#versions[register] = String(answer.headers.etag)
      this.writes++
      this.writeGap.success(performance.now())
      return true
    }
    // Also a 412: a write that a driver repeated may have met its own first attempt.
    this.#history.endWrite(operation, 'unknown')
    this.unknownWrites++
    await this.#afterFailure('PUT', answer)
    return false
  }

  /** Asks until there is an answer; the next write follows the version that it names. */
  async #learnVersion(connection: HttpConnection, register: number): Promise<void> {
    const account = this.#accounts[Math.floor(register / TASKS_EACH)] as Account
    while (!this.#stopped) {
      const answer = await connection.send(
        'GET',
        `/tasks/${account.taskIds[register % TASKS_EACH]}`,
        account.headers,
      )
      if (answer?.status === 200) {
        this.#versions[register] = String(answer.headers.etag)
        return
      }
      await this.#afterFailure('GET task', answer)
    }
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
