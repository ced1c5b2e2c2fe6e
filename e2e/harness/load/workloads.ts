import { Agent, type Dispatcher } from 'undici'
import { History } from '../history.ts'
import type { Person } from '../people.ts'
import type { Random } from '../random.ts'
import type { Kind, Workload } from './open-loop.ts'
import type { Post } from './reconcile.ts'

const WRITE_SHARE = 0.1
/** Longer than any limit inside the system. */
const ANSWER_TIMEOUT_MS = 10_000

/** Keep-alive connections, as many as requests may be under way. */
export function createAgent(connections = 256): Agent {
  return new Agent({
    connections,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: 2_000 },
  })
}

type Request = Omit<Dispatcher.RequestOptions, 'origin'>
type Answer = { status: number; text: string }
const NO_ANSWER: Answer = { status: 0, text: '' }

async function ask(agent: Agent, origin: string, request: Request): Promise<Answer> {
  try {
    const { statusCode, body } = await agent.request({ origin, ...request })
    return { status: statusCode, text: await body.text() }
  } catch {
    // Refused, cut off or too late: all the same to whoever waits. The sample has status 0.
    return NO_ANSWER
  }
}

/**
 * Nine reads of a list for each new task, by many people. Each person is a register of the history: the tasks are
 * counted up in their titles, one at a time, so that a list shows how far its owner has come.
 */
export class TaskWorkload implements Workload {
  readonly posted: Post[] = []
  readonly acknowledged: Post[] = []
  readonly history: History
  /** Answers that were no success, by method, status and code */
  readonly refusals = new Map<string, number>()
  readonly #writing = new Set<number>()
  readonly #agent: Agent
  readonly #origin: string
  readonly #people: readonly Person[]
  readonly #random: Random
  readonly #isKeyed: boolean

  /** @param isKeyed each creation has an `Idempotency-Key` of its own, so that a gateway may send it twice */
  constructor(agent: Agent, origin: string, people: readonly Person[], random: Random, isKeyed = false) {
    this.#isKeyed = isKeyed
    this.#agent = agent
    this.#origin = origin
    this.#people = people
    this.#random = random
    this.history = new History(people.length)
  }

  send(): { kind: Kind; status: Promise<number> } {
    const owner = this.#random.below(this.#people.length)
    if (!this.#random.chance(WRITE_SHARE)) return { kind: 'read', status: this.#read(owner) }
    const idle = this.#nextIdle(owner)
    // Every person already has a write under way: the system is far behind, so this request becomes a read.
    if (idle === undefined) return { kind: 'read', status: this.#read(owner) }
    return { kind: 'write', status: this.#write(idle) }
  }

  /** The person, or the next one whose last write has an answer. */
  #nextIdle(owner: number): number | undefined {
    for (let step = 0; step < this.#people.length; step++) {
      const candidate = (owner + step) % this.#people.length
      if (!this.#writing.has(candidate)) return candidate
    }
    return undefined
  }

  #ask(owner: number, request: Request): Promise<Answer> {
    const { authorization } = this.#people[owner] as Person
    return ask(this.#agent, this.#origin, { ...request, headers: { authorization, ...request.headers } })
  }

  async #read(owner: number): Promise<number> {
    const operation = this.history.beginRead(owner)
    const { status, text } = await this.#ask(owner, { method: 'GET', path: '/tasks' })
    if (status === 200) this.history.endRead(operation, highestNumber(text))
    else this.history.failRead(operation)
    if (status !== 200) this.#refused('GET', status, text)
    return status
  }

  async #write(owner: number): Promise<number> {
    this.#writing.add(owner)
    const operation = this.history.beginWrite(owner)
    const post = { owner, title: `n${this.history.valueAt(operation)}` }
    this.posted.push(post)
    const { status, text } = await this.#ask(owner, {
      method: 'POST',
      path: '/tasks',
      headers: {
        'content-type': 'application/json',
        ...(this.#isKeyed && { 'idempotency-key': post.title }),
      },
      body: JSON.stringify({ title: post.title }),
    })
    this.history.endWrite(operation, status === 201 ? 'acknowledged' : 'unknown')
    if (status === 201) this.acknowledged.push(post)
    else this.#refused('POST', status, text)
    this.#writing.delete(owner)
    return status
  }

  #refused(method: string, status: number, text: string): void {
    const code = /"code":"(\w+)"/.exec(text)?.[1]
    const name = `${method} ${status || 'no answer'}${code ? ` ${code}` : ''}`
    this.refusals.set(name, (this.refusals.get(name) ?? 0) + 1)
  }
}

/** Log-ins of people who exist, one after another: each costs auth-service a password hash. */
export class LoginWorkload implements Workload {
  readonly #agent: Agent
  readonly #origin: string
  readonly #people: readonly Person[]
  #next = 0

  constructor(agent: Agent, origin: string, people: readonly Person[]) {
    this.#agent = agent
    this.#origin = origin
    this.#people = people
  }

  send(): { kind: Kind; status: Promise<number> } {
    const { email, password } = this.#people[this.#next++ % this.#people.length] as Person
    const request: Request = {
      method: 'POST',
      path: '/auth/login',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    }
    return { kind: 'login', status: ask(this.#agent, this.#origin, request).then(({ status }) => status) }
  }
}

/** The highest counter in the titles of a list. */
export function highestNumber(list: string): number {
  let highest = 0
  for (const [, digits] of list.matchAll(/"title":"n(\d+)"/g)) highest = Math.max(highest, Number(digits))
  return highest
}
