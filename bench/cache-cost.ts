import { Redis } from 'ioredis'
import { Pool } from 'undici'
import { type Instance, startPlatform } from '../dev/index.ts'
import { variantModule } from '../e2e/consistency/variants/variants.ts'
import { processorTime } from './processor.ts'

/**
 * What the cache protocol costs beside the usual delete-after-write: one instance of task-service for each variant, on the
 * same stores, in turn within every round. Per request: the median time as the client sees it, and the service's processor time.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const USERS = Number(process.env.USERS ?? 40)
const TASKS_EACH = 20
const HITS_PER_USER = 25
const WRITES_PER_USER = 5
const CONCURRENCY = 8
const HIT = 'task-lists; hit'
const WARM_ATTEMPTS = 100
const PASSWORD = 'correct horse battery staple'

const VARIANTS = [
  { name: 'delete after write (the usual one, stale)', naive: true, writeThrough: false },
  { name: 'mark, write, unmark; next reader fills', naive: false, writeThrough: false },
  { name: 'mark, write, unmark; write-through', naive: false, writeThrough: true },
]
const PHASES = ['hit', 'miss', 'write', 'write, then read'] as const
type Phase = (typeof PHASES)[number]

interface User {
  authorization: string
  taskId: string
}

interface Sample {
  medianMs: number
  processorUs: number
}

class Target {
  readonly #instance: Instance
  readonly #pool: Pool
  readonly users: User[]

  constructor(instance: Instance, users: User[]) {
    this.#instance = instance
    this.#pool = new Pool(instance.url, { connections: CONCURRENCY, pipelining: 1 })
    this.users = users
  }

  /** @returns what the cache did, as `Cache-Status` says */
  async send(method: 'GET' | 'PUT', user: User): Promise<string> {
    const path = method === 'GET' ? '/tasks/' : `/tasks/${user.taskId}`
    const headers = { authorization: user.authorization, 'content-type': 'application/json' }
    const body = method === 'PUT' ? JSON.stringify({ title: `changed ${Math.random()}` }) : null
    const answer = await this.#pool.request({ method, path, headers, body })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`${method} ${path} answered ${answer.statusCode}`)
    return String(answer.headers['cache-status'])
  }

  /** Every user once, a few at a time. */
  async measure(times: number, request: (user: User) => Promise<unknown>): Promise<Sample> {
    const queue = Array.from({ length: times }, () => this.users).flat()
    const durations: number[] = []
    const before = processorTime(this.#instance.pid)
    const worker = async () => {
      for (let user = queue.pop(); user; user = queue.pop()) {
        const started = performance.now()
        await request(user)
        durations.push(performance.now() - started)
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, worker))
    const processorUs = ((processorTime(this.#instance.pid) - before) * 1e6) / durations.length
    return { medianMs: median(durations), processorUs }
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function makeUsers(authUrl: string, taskUrl: string): Promise<User[]> {
  const post = async (url: string, body: object, authorization?: string) => {
    const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Record<string, string>
  }
  const users: User[] = []
  for (let n = 0; n < USERS; n++) {
    const email = `bench-${process.hrtime.bigint()}@example.org`
    await post(`${authUrl}/auth/register`, { email, password: PASSWORD })
    const { access_token } = await post(`${authUrl}/auth/login`, { email, password: PASSWORD })
    const authorization = `Bearer ${access_token}`
    let taskId = ''
    for (let task = 0; task < TASKS_EACH; task++) {
      const created = await post(`${taskUrl}/tasks/`, { title: `task ${task}` }, authorization)
      taskId = created._id ?? ''
    }
    users.push({ authorization, taskId })
  }
  return users
}

/** Until every list is in the cache; at the start the cache is not turned on yet. */
async function warm(target: Target): Promise<void> {
  for (let attempt = 0; attempt < WARM_ATTEMPTS; attempt++) {
    const seen = new Set<string>()
    await target.measure(1, async (user) => seen.add(await target.send('GET', user)))
    if (seen.size === 1 && seen.has(HIT)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the lists do not get into the cache')
}

async function round(target: Target, redis: Redis): Promise<Record<Phase, Sample>> {
  const get = (user: User) => target.send('GET', user)
  const put = (user: User) => target.send('PUT', user)
  await warm(target)
  const hit = await target.measure(HITS_PER_USER, get)
  // Lists alone: the services know a restarted Redis by its run id, which a flush leaves as it is.
  await redis.flushall()
  const miss = await target.measure(1, get)
  await warm(target)
  const write = await target.measure(WRITES_PER_USER, put)
  await warm(target)
  const both = await target.measure(WRITES_PER_USER, async (user) => {
    await put(user)
    await get(user)
  })
  return { hit, miss, write, 'write, then read': both }
}

const platform = await startPlatform({
  tasks: VARIANTS.length,
  env: { ...process.env, LOG_LEVEL: 'warn', RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' },
  taskEnv: (index) => ({
    MONGODB_DATABASE: `bench_${index}`,
    CACHE_WRITE_THROUGH: String(VARIANTS[index]?.writeThrough),
    ...(VARIANTS[index]?.naive && { NODE_OPTIONS: `--import=${variantModule('delete-after-write')}` }),
  }),
  say: console.log,
})
const { system, stores } = platform
const redis = new Redis(stores.redisUrl)
try {
  const targets: Target[] = []
  for (const instance of system.tasks)
    targets.push(new Target(instance, await makeUsers(system.auth.url, instance.url)))
  const samples = VARIANTS.map(() => new Map<Phase, Sample[]>(PHASES.map((phase) => [phase, []])))
  for (let n = 0; n <= ROUNDS; n++) {
    for (const [index, target] of targets.entries()) {
      const result = await round(target, redis)
      // The first round only warms up.
      if (n > 0) for (const phase of PHASES) samples[index]?.get(phase)?.push(result[phase])
    }
  }
  await Promise.all(targets.map((target) => target.close()))

  console.log(
    `\n${ROUNDS} rounds, ${USERS} users of ${TASKS_EACH} tasks, ${CONCURRENCY} requests at a time; medians over rounds`,
  )
  console.log(`| variant | ${PHASES.map((phase) => `${phase}: ms, µs of processor (ratio)`).join(' | ')} |`)
  console.log(`| --- | ${PHASES.map(() => '---').join(' | ')} |`)
  const valuesOf = (index: number, phase: Phase, field: keyof Sample) =>
    (samples[index]?.get(phase) ?? []).map((sample) => sample[field])
  // The kernel counts processor time in steps of 10 ms: a mean over all rounds, where a median would only show the steps.
  const processorOf = (index: number, phase: Phase) =>
    valuesOf(index, phase, 'processorUs').reduce((sum, value) => sum + value, 0) / ROUNDS
  for (const [index, { name }] of VARIANTS.entries()) {
    const cells = PHASES.map((phase) => {
      const processor = processorOf(index, phase)
      const ratio = processor / processorOf(0, phase)
      return `${median(valuesOf(index, phase, 'medianMs')).toFixed(2)} ms, ${processor.toFixed(0)} µs (${ratio.toFixed(2)})`
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
} finally {
  redis.disconnect()
  await platform.stop()
}
