import type { History } from '../harness/history.ts'
import type { Random } from '../harness/random.ts'
import { type Account, CREATED, SLOTS, titleOf } from './counters.ts'
import type { Answer, HttpConnection } from './http-connection.ts'

/** Of a creation: its key makes that safe */
const TRIES = 4
const BULK_SHARE = 0.2
const BIN_SHARE = 0.15

interface Parts {
  readonly accounts: readonly Account[]
  readonly history: History
  readonly random: Random
  /** To be told of what was no success, and to wait a moment then. @throws Error for what no fault explains */
  readonly onFailure: (request: string, answer: Answer | undefined) => Promise<void>
}

interface Result {
  readonly status: number
}

/**
 * The ways in which a register gets its next value. Each change of a task names the version that it follows: a smaller value can
 * never overwrite a bigger one, however late an unanswered write arrives.
 */
export class Writes {
  readonly #parts: Parts
  readonly #versions: number[]
  /** Until when a lasting task may be missing from a list: monotonic milliseconds */
  readonly #missingUntil: number[]
  /** Created before the last one, by account */
  readonly #surplus: string[][]

  constructor(parts: Parts) {
    this.#parts = parts
    const registers = parts.accounts.length * SLOTS
    this.#versions = Array.from({ length: registers }, () => 1)
    this.#missingUntil = Array.from({ length: registers }, () => 0)
    this.#surplus = parts.accounts.map(({ taskIds }) => [taskIds[CREATED] as string])
  }

  /** Whether a read that began then may find no task in this slot. */
  mayMiss(register: number, begun: number): boolean {
    return (this.#missingUntil[register] as number) >= begun
  }

  /**
   * Writes the next value of a register, or of both lasting ones of an account.
   * @returns whether everything was acknowledged; else `learn` has to come next
   */
  async write(connection: HttpConnection, registers: readonly number[]): Promise<boolean> {
    const register = registers[0] as number
    if (register % SLOTS === CREATED) return this.#create(connection, register)
    if (registers.length > 1) return this.#changeBoth(connection, registers)
    return this.#parts.random.chance(BIN_SHARE)
      ? this.#throughBin(connection, register)
      : this.#put(connection, register)
  }

  /** Whether a write is to be several under one mark. */
  wantsBoth(register: number): boolean {
    return register % SLOTS !== CREATED && this.#parts.random.chance(BULK_SHARE)
  }

  /** Asks for the version that the next write follows. @returns whether there was an answer */
  async learn(connection: HttpConnection, register: number): Promise<boolean> {
    if (register % SLOTS === CREATED) return true
    const { headers, path } = this.#task(register)
    const answer = await connection.send('GET', path, headers)
    if (answer?.status === 200) {
      this.#versions[register] = versionOf(answer)
      return true
    }
    if (answer?.status !== 404) await this.#parts.onFailure('GET task', answer)
    else {
      const restored = await connection.send('POST', `${path}/restore`, headers)
      if (restored?.status !== 200 && restored?.status !== 404)
        await this.#parts.onFailure('restore', restored)
    }
    return false
  }

  async #put(connection: HttpConnection, register: number): Promise<boolean> {
    const { headers, path } = this.#task(register)
    const operation = this.#parts.history.beginWrite(register)
    const document = { title: this.#titleOf(register, operation) }
    const condition = { ...headers, 'if-match': `"${this.#versions[register]}"` }
    const answer = await connection.sendJson('PUT', path, document, condition)
    return this.#end('PUT', register, operation, answer)
  }

  /** Two changes under one mark: each has an outcome of its own. */
  async #changeBoth(connection: HttpConnection, registers: readonly number[]): Promise<boolean> {
    const operations = registers.map((register) => this.#parts.history.beginWrite(register))
    const changes = registers.map((register, n) => this.#change(register, operations[n] as number))
    const results = await this.#bulk(connection, registers[0] as number, changes)
    const made = registers.map((register, n) => {
      const isMade = results[n]?.status === 200
      this.#parts.history.endWrite(operations[n] as number, isMade ? 'acknowledged' : 'unknown')
      if (isMade) this.#versions[register] = (this.#versions[register] as number) + 1
      return isMade
    })
    return made.every(Boolean)
  }

  /** The next value comes into the bin, and out of it: what is acknowledged is that it is there again. */
  async #throughBin(connection: HttpConnection, register: number): Promise<boolean> {
    const { headers, path, _id } = this.#task(register)
    const operation = this.#parts.history.beginWrite(register)
    this.#missingUntil[register] = Number.POSITIVE_INFINITY
    const version = (this.#versions[register] as number) + 1
    const steps = [this.#change(register, operation), { op: 'delete', _id, version }]
    const results = await this.#bulk(connection, register, steps)
    if (!results.every(({ status }) => status === 200)) {
      this.#parts.history.endWrite(operation, 'unknown')
      return false
    }
    const answer = await connection.send('POST', `${path}/restore`, headers)
    // After anything else the deletion may have been repeated somewhere, and come late.
    if (answer?.status === 200) this.#missingUntil[register] = performance.now()
    return this.#end('restore', register, operation, answer)
  }

  /** A task of its own for each value. Without an answer it is asked for again, and made once all the same. */
  async #create(connection: HttpConnection, register: number): Promise<boolean> {
    const { account, headers } = this.#task(register)
    const operation = this.#parts.history.beginWrite(register)
    const title = this.#titleOf(register, operation)
    const keyed = { ...headers, 'idempotency-key': title }
    for (let n = 0; n < TRIES; n++) {
      const answer = await connection.sendJson('POST', '/tasks', { title }, keyed)
      if (answer?.status === 201) {
        this.#parts.history.endWrite(operation, 'acknowledged')
        const surplus = this.#surplus[account] as string[]
        await this.#removeSurplus(connection, register, surplus)
        surplus.push((JSON.parse(String(answer.body)) as { _id: string })._id)
        return true
      }
      await this.#parts.onFailure('POST', answer)
    }
    this.#parts.history.endWrite(operation, 'unknown')
    return false
  }

  /** A task that cannot be removed now is removed with the next creation. */
  async #removeSurplus(connection: HttpConnection, register: number, surplus: string[]): Promise<void> {
    const removals = surplus.map((_id) => ({ op: 'delete', _id, version: 1 }))
    if (removals.length === 0) return
    const results = await this.#bulk(connection, register, removals)
    const left = surplus.filter((_id, n) => ![200, 404, 412].includes(results[n]?.status ?? 0))
    surplus.splice(0, surplus.length, ...left)
  }

  async #bulk(
    connection: HttpConnection,
    register: number,
    operations: object[],
  ): Promise<readonly Result[]> {
    const answer = await connection.sendJson('POST', '/tasks/bulk', operations, this.#task(register).headers)
    if (answer?.status === 200) return JSON.parse(String(answer.body)) as Result[]
    await this.#parts.onFailure('bulk', answer)
    return operations.map(() => ({ status: 0 }))
  }

  async #end(
    what: string,
    register: number,
    operation: number,
    answer: Answer | undefined,
  ): Promise<boolean> {
    if (answer?.status === 200) {
      this.#parts.history.endWrite(operation, 'acknowledged')
      this.#versions[register] = versionOf(answer)
      return true
    }
    // Also a 412: a write that a driver repeated may have met its own first attempt.
    this.#parts.history.endWrite(operation, 'unknown')
    const isInBin = answer?.status === 404 && this.#missingUntil[register] === Number.POSITIVE_INFINITY
    if (!isInBin) await this.#parts.onFailure(what, answer)
    return false
  }

  #change(register: number, operation: number): object {
    const { _id } = this.#task(register)
    const version = this.#versions[register]
    return { op: 'update', _id, version, title: this.#titleOf(register, operation) }
  }

  #titleOf(register: number, operation: number): string {
    return titleOf(register % SLOTS, this.#parts.history.valueAt(operation))
  }

  #task(register: number) {
    const account = Math.floor(register / SLOTS)
    const { headers, taskIds } = this.#parts.accounts[account] as Account
    const _id = taskIds[register % SLOTS] as string
    return { account, headers, _id, path: `/tasks/${_id}` }
  }
}

function versionOf({ headers }: Answer): number {
  return Number(String(headers.etag).replaceAll('"', ''))
}
