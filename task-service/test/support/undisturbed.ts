import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import t, { Test } from 'tap'
import { mongodbUri, redisUrl } from './stores.ts'

/** Half of what the service waits for Redis before it goes on without it. */
const SLOW_REDIS_MS = 50
const SLOW_MONGODB_MS = 300
const LOOK_MS = 10
const ATTEMPTS = 8
const PATIENCE_MS = 120_000
const NANOSECONDS = 1e6

/** The longest that this process and the stores have kept anybody waiting. */
async function watchMachine() {
  const redis = new Redis(redisUrl)
  const mongo = await MongoClient.connect(mongodbUri)
  const loop = monitorEventLoopDelay({ resolution: LOOK_MS })
  const longest = { redis: 0, mongodb: 0 }
  let isOver = false
  const look = async (store: keyof typeof longest, ask: () => Promise<unknown>) => {
    while (!isOver) {
      const asked = performance.now()
      await ask()
      longest[store] = Math.max(longest[store], performance.now() - asked)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
  loop.enable()
  const looking = [
    look('redis', () => redis.ping()),
    look('mongodb', () => mongo.db('admin').command({ ping: 1 })),
  ]
  t.teardown(async () => {
    isOver = true
    await Promise.all(looking)
    loop.disable()
    redis.disconnect()
    await mongo.close()
  })
  return {
    begin() {
      loop.reset()
      Object.assign(longest, { redis: 0, mongodb: 0 })
    },
    /** @returns what was too slow for the service since `begin`, or undefined */
    disturbance(): string | undefined {
      const loopMs = loop.max / NANOSECONDS
      if (longest.redis > SLOW_REDIS_MS) return `Redis answered after ${longest.redis.toFixed(0)} ms`
      if (longest.mongodb > SLOW_MONGODB_MS) return `MongoDB answered after ${longest.mongodb.toFixed(0)} ms`
      return loopMs > SLOW_REDIS_MS ? `the event loop stood still for ${loopMs.toFixed(0)} ms` : undefined
    },
  }
}

type Assertion = (...args: unknown[]) => unknown
const KEPT_ON_THE_TEST = new Set<string | symbol>(['teardown', 'comment', 'testdir', 'name'])

/** The line of the test file that an error comes from. */
function whereOf({ stack }: Error): string {
  return /[^/(]+\.test\.ts:\d+/.exec(stack ?? '')?.[0] ?? 'an unknown line'
}

/** Runs a test whose assertions go nowhere yet. @returns what is to be said about it, and whether all was well */
async function attempt(t: Test, body: (t: Test) => Promise<void>) {
  const trial = new Test({ name: t.name })
  const replays: (() => void)[] = []
  const failures: string[] = []
  const recorder = new Proxy(t, {
    get(_target, method) {
      const own = Reflect.get(t, method)
      if (KEPT_ON_THE_TEST.has(method) || typeof own !== 'function')
        return typeof own === 'function' ? own.bind(t) : own
      return (...args: unknown[]) => {
        const holds = (Reflect.get(trial, method) as Assertion).apply(trial, args)
        if (holds === false) failures.push(whereOf(new Error()))
        replays.push(() => void (own as Assertion).apply(t, args))
        return holds
      }
    },
  })
  const thrown = await body(recorder).catch((reason: unknown) => ({ reason }))
  if (thrown) replays.push(() => t.error(thrown.reason))
  const replay = () => {
    for (const say of replays) say()
    for (const where of failures) t.comment(`failed at ${where}`)
  }
  return { isWell: failures.length === 0 && !thrown, replay }
}

let watch: ReturnType<typeof watchMachine> | undefined

/**
 * A test about what happens while Redis and MongoDB answer in time. On a machine that is busy with other things they may
 * not, and the service then goes on without the cache, as it should: an attempt that fails for which that may be the
 * reason is void, and is made again. After many void attempts the test is skipped, with the reason.
 */
export function undisturbed(name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    watch ??= watchMachine()
    const { begin, disturbance } = await watch
    const end = performance.now() + PATIENCE_MS
    for (let n = 1; n <= ATTEMPTS && performance.now() < end; n++) {
      begin()
      const { isWell, replay } = await attempt(t, body)
      const reason = isWell ? undefined : disturbance()
      if (reason === undefined) return replay()
      t.comment(`VOID: ${reason}, and the attempt failed`)
    }
    t.pass(name, { skip: `VOID: this machine was too slow in every attempt` })
  })
}
