import { Agent } from 'undici'
import { History } from '../consistency/history.ts'
import type { Person } from './people.ts'

/** One answered or failed request. Times are ms since the load began. */
export interface Sample {
  at: number
  /** From the moment the request was due, not from when it was sent: a slow system cannot slow its own load down. */
  latencyMs: number
  isRead: boolean
  /** 0: no answer. */
  status: number
}

export interface AcknowledgedTask {
  person: number
  title: string
}

/** More requests than this under way, and the generator itself is the bottleneck: the run is void. */
const MOST_IN_FLIGHT = 3_000
const WRITE_SHARE = 0.1
const TICK_MS = 5

/**
 * Open-loop load: requests start at the rate that was asked for, whatever becomes of the earlier ones.
 * Nine reads of a list for each new task. Every person is a register of the history: the tasks they make are counted
 * up in their titles, one at a time, so a list shows how far it has come.
 */
export class OpenLoop {
  readonly samples: Sample[] = []
  readonly acknowledged: AcknowledgedTask[] = []
  readonly history: History
  /** Offered requests a second; may be changed at any time. */
  rate: number
  /** Requests that were due while too many were under way. */
  notStarted = 0
  readonly startedAt = performance.now()
  readonly #baseUrl: string
  readonly #people: readonly Person[]
  readonly #agent: Agent
  readonly #writing = new Set<number>()
  #inFlight = 0
  #due = 0
  #last = performance.now()
  #timer: NodeJS.Timeout

  constructor(baseUrl: string, people: readonly Person[], rate: number) {
    this.#baseUrl = baseUrl
    this.#people = people
    this.rate = rate
    this.history = new History(people.length)
    this.#agent = new Agent({ connections: 256, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Ends the load and waits for the last answers. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    while (this.#inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await this.#agent.destroy()
  }

  /** Samples whose request was due in this span (ms since the load began). */
  between(from: number, to: number): Sample[] {
    return this.samples.filter(({ at }) => at >= from && at < to)
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt
  }

  #tick(): void {
    const now = performance.now()
    this.#due += ((now - this.#last) / 1000) * this.rate
    this.#last = now
    for (; this.#due >= 1; this.#due--) {
      if (this.#inFlight >= MOST_IN_FLIGHT) this.notStarted++
      else this.#start(now)
    }
  }

  #start(dueAt: number): void {
    const person = Math.floor(Math.random() * this.#people.length)
    const isWrite = Math.random() < WRITE_SHARE && !this.#writing.has(person)
    this.#inFlight++
    const request = isWrite ? this.#write(person) : this.#read(person)
    request.then((status) => {
      this.#inFlight--
      this.samples.push({
        at: dueAt - this.startedAt,
        latencyMs: performance.now() - dueAt,
        isRead: !isWrite,
        status,
      })
    })
  }

  async #send(
    person: number,
    method: 'GET' | 'POST',
    task?: object,
  ): Promise<{ status: number; text: string }> {
    const { authorization } = this.#people[person] as Person
    const { statusCode, body } = await this.#agent.request({
      origin: this.#baseUrl,
      path: '/tasks',
      method,
      headers: task ? { authorization, 'content-type': 'application/json' } : { authorization },
      ...(task && { body: JSON.stringify(task) }),
    })
    return { status: statusCode, text: await body.text() }
  }

  async #read(person: number): Promise<number> {
    const operation = this.history.beginRead(person)
    try {
      const { status, text } = await this.#send(person, 'GET')
      if (status === 200) this.history.endRead(operation, highestNumber(text))
      else this.history.failRead(operation)
      return status
    } catch {
      this.history.failRead(operation)
      return 0
    }
  }

  async #write(person: number): Promise<number> {
    this.#writing.add(person)
    const operation = this.history.beginWrite(person)
    const title = `n${this.history.valueAt(operation)}`
    try {
      const { status } = await this.#send(person, 'POST', { title })
      this.history.endWrite(operation, status === 201 ? 'acknowledged' : 'unknown')
      if (status === 201) this.acknowledged.push({ person, title })
      return status
    } catch {
      this.history.endWrite(operation, 'unknown')
      return 0
    } finally {
      this.#writing.delete(person)
    }
  }
}

/** The highest counter in a list of tasks. */
export function highestNumber(list: string): number {
  let highest = 0
  for (const [, digits] of list.matchAll(/"title":"n(\d+)"/g)) highest = Math.max(highest, Number(digits))
  return highest
}
