import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultProxy, LinkMode } from '../harness/fault-proxy.ts'
import type { Random } from '../harness/random.ts'
import { type FaultySystem, INSTANCES, targetOf } from './faulty-system.ts'

export interface Fault {
  readonly name: string
  /** One injection, from breaking something to having mended it. Undefined where nothing is broken. */
  readonly inject?: (system: FaultySystem, random: Random) => Promise<void>
}

const BROKEN: readonly LinkMode[] = ['stall', 'lose-requests', 'lose-answers', 'refuse']

/** Shorter than a lease (2 s), longer than one, and longer than the life of a mark (10 s). */
const FREEZES_MS = [300, 3_000, 12_000]
const STORM_MS = 4_000
const STORM_KEYS = 400
const STORM_VALUE = 'x'.repeat(4_096)
const STORM_MEMORY_BYTES = 3_000_000

async function killInstance({ instances }: FaultySystem, random: Random): Promise<void> {
  const instance = random.pick(instances)
  await instance.kill('SIGKILL')
  await sleep(random.between(0, 1_500))
  await instance.start()
  await sleep(random.between(1_000, 3_000))
}

async function freezeInstance({ instances }: FaultySystem, random: Random): Promise<void> {
  const instance = random.pick(instances)
  await instance.kill('SIGSTOP')
  await sleep(random.pick(FREEZES_MS))
  await instance.kill('SIGCONT')
  await sleep(random.between(500, 1_500))
}

async function restartEach({ instances }: FaultySystem): Promise<void> {
  for (const instance of instances) await instance.restart()
}

async function restartRedis({ redis }: FaultySystem, random: Random): Promise<void> {
  await redis.kill('SIGKILL')
  await sleep(random.between(0, 2_000))
  await redis.start()
  // Until the cache is on again, or before.
  await sleep(random.between(1_000, 8_000))
}

/** Evicts whatever the server holds, marks and claims included; two of the policies prefer keys that expire soon. */
async function evictAtRandom({ redisClient }: FaultySystem, random: Random): Promise<void> {
  const policy = random.pick(['allkeys-random', 'volatile-ttl', 'volatile-random'])
  const [, limit] = (await redisClient.config('GET', 'maxmemory')) as [string, string]
  await redisClient.config('SET', 'maxmemory-policy', policy)
  await redisClient.config('SET', 'maxmemory', STORM_MEMORY_BYTES)
  const until = performance.now() + STORM_MS
  while (performance.now() < until) {
    const pipeline = redisClient.pipeline()
    for (let i = 0; i < STORM_KEYS / 10; i++)
      pipeline.set(`storm:${random.below(STORM_KEYS)}`, STORM_VALUE, 'PX', 15_000)
    await pipeline.exec()
    const keys = await redisClient.keys('tasks:*')
    if (keys.length > 0) await redisClient.del(...Array.from({ length: 3 }, () => random.pick(keys)))
    await sleep(5)
  }
  await redisClient.config('SET', 'maxmemory', limit)
  await redisClient.config('SET', 'maxmemory-policy', 'allkeys-lru')
  await sleep(1_000)
}

async function stallRedis({ redis, redisClient }: FaultySystem, random: Random): Promise<void> {
  const duration = random.pick([60, 150, 400, 1_500, 5_000])
  if (random.chance(0.3)) await redisClient.call('CLIENT', 'PAUSE', duration)
  else {
    await redis.kill('SIGSTOP')
    await sleep(duration)
    await redis.kill('SIGCONT')
  }
  await sleep(duration + random.between(500, 6_000))
}

async function resetRedisConnections({ redisLinks }: FaultySystem, random: Random): Promise<void> {
  for (let i = 0; i < 20; i++) {
    random.pick(redisLinks).reset()
    await sleep(random.between(20, 400))
  }
  await sleep(random.between(500, 5_000))
}

async function slowRedisLink({ redisLinks }: FaultySystem, random: Random): Promise<void> {
  const link = random.pick(redisLinks)
  link.delay(random.between(2, 45))
  await sleep(random.between(2_000, 4_000))
  link.delay(0)
  await sleep(random.between(500, 2_000))
}

async function breakLinks(links: readonly FaultProxy[], random: Random): Promise<void> {
  const mode = random.pick(BROKEN)
  for (const link of links) link.set(mode)
  await sleep(random.pick([150, 800, 3_000, 6_000]))
  for (const link of links) link.set('pass')
  await sleep(random.between(1_000, 7_000))
}

/** Connects one instance to another Redis, as in a fail-over that the others have not noticed yet. */
async function splitRedis({ redisLinks, redis, otherRedis }: FaultySystem, random: Random): Promise<void> {
  const link = random.pick(redisLinks)
  link.retarget(targetOf((await otherRedis()).url))
  await sleep(random.between(300, 5_000))
  link.retarget(targetOf(redis.url))
  await sleep(random.between(1_000, 6_000))
}

async function restartMongodb({ mongodb }: FaultySystem, random: Random): Promise<void> {
  await mongodb.kill('SIGKILL')
  await sleep(random.between(0, 1_000))
  await mongodb.start()
  await sleep(random.between(3_000, 6_000))
}

/** Every fault kind, one of which is injected again and again in a run. */
export const FAULTS: readonly Fault[] = [
  { name: 'none' },
  { name: 'kill-instance', inject: killInstance },
  { name: 'freeze-instance', inject: freezeInstance },
  { name: 'rolling-restart', inject: restartEach },
  { name: 'redis-restart', inject: restartRedis },
  { name: 'redis-eviction', inject: evictAtRandom },
  { name: 'redis-stall', inject: stallRedis },
  { name: 'redis-reset', inject: resetRedisConnections },
  { name: 'redis-slow', inject: slowRedisLink },
  {
    name: 'redis-link-one',
    inject: ({ redisLinks }, random) => breakLinks([random.pick(redisLinks)], random),
  },
  { name: 'redis-link-all', inject: ({ redisLinks }, random) => breakLinks(redisLinks, random) },
  { name: 'redis-split', inject: splitRedis },
  {
    name: 'mongodb-link-one',
    inject: ({ mongodbLinks }, random) => breakLinks([random.pick(mongodbLinks)], random),
  },
  {
    name: 'mongodb-link-most',
    inject: ({ mongodbLinks }, random) => breakLinks(mongodbLinks.slice(0, INSTANCES - 1), random),
  },
  { name: 'mongodb-restart', inject: restartMongodb },
]

/** @throws Error naming what there is, when one is not known */
export function faultsNamed(names: readonly string[]): Fault[] {
  return names.map((name) => {
    const fault = FAULTS.find((candidate) => candidate.name === name)
    if (!fault)
      throw new Error(`There is no fault "${name}": ${FAULTS.map((known) => known.name).join(', ')}`)
    return fault
  })
}
