import type { Test } from 'tap'
import { type Gate, newGate } from './gate.ts'
import { openStores } from './open-stores.ts'
import { TestService } from './service.ts'
import { redisUrl } from './stores.ts'
import { until } from './until.ts'

type Call = ReturnType<TestService['as']>

/** One user as seen by one instance. */
export class View {
  readonly #call: Call

  constructor(call: Call) {
    this.#call = call
  }

  /** Titles in order, each once: a write whose outcome was unknown is made again. */
  async read() {
    const start = performance.now()
    const answer = await this.#call('GET', '/tasks/')
    const titles = answer.statusCode === 200 ? answer.json().map((task: { title: string }) => task.title) : []
    return {
      status: answer.statusCode,
      cache: String(answer.headers['cache-status']),
      titles: [...new Set<string>(titles)].toSorted(),
      ms: performance.now() - start,
    }
  }

  async write(title: string) {
    const start = performance.now()
    const answer = await this.#call('POST', '/tasks/', { title })
    return { answer, status: answer.statusCode, ms: performance.now() - start }
  }

  /** Until it is acknowledged. @returns how often it was refused before, and how long it took */
  async acknowledged(title: string): Promise<{ refusals: string[]; ms: number }> {
    const start = performance.now()
    const refusals: string[] = []
    await until(`“${title}” is written`, async () => {
      const { status, answer } = await this.write(title)
      if (status !== 201) refusals.push(answer.json().code)
      return status === 201
    })
    return { refusals, ms: performance.now() - start }
  }

  async hits(): Promise<void> {
    await until('lists come from the cache', async () => (await this.read()).cache === 'task-lists; hit')
  }
}

export interface Pair {
  first: TestService
  second: TestService
  /** The way of each instance to Redis */
  gates: [Gate, Gate]
  stores: Awaited<ReturnType<typeof openStores>>
  /** A new user, as each instance sees it */
  someone: () => Promise<{ id: string; views: [View, View] }>
}

/** Two instances of one database, each with a way to Redis of its own that can fail. */
export async function newPair(t: Test): Promise<Pair> {
  const gates: [Gate, Gate] = [await newGate(t, redisUrl), await newGate(t, redisUrl)]
  const first = await TestService.start({ REDIS_URL: gates[0].url })
  t.teardown(() => first.close())
  const second = await first.another({ REDIS_URL: gates[1].url })
  const stores = await openStores(t, first.database)
  await Promise.all([first.ready(), second.ready()])
  await Promise.all([first.cacheOn(), second.cacheOn()])
  return {
    first,
    second,
    gates,
    stores,
    someone: async () => {
      const { id, token, call } = await first.someone()
      return { id, views: [new View(call), new View(second.as(token))] }
    },
  }
}
