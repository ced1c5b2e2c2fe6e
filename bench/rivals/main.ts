import { rm } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { createSupervisor, startStores } from '../../dev/index.ts'
import { type Cost, costOf, PHASES } from './cost.ts'
import { bentoLayers, bentoRedis, cacheManager, dedupe, lruFetch } from './libraries.ts'
import { ours } from './ours.ts'
import { locked, plain } from './plain.ts'
import { type RaceResult, race } from './race.ts'
import type { Rival, StoreUrls } from './rival.ts'

/**
 * The race of `race.ts` on caches as their documentation shows them and on ours, then what a hit, a miss and a write
 * cost each of them on the same Redis. ROUNDS and TIMES (operations a round). Fails when ours is stale.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const TIMES = Number(process.env.TIMES ?? 2_000)
const RIVALS: Rival[] = [plain, locked, bentoRedis, bentoLayers, dedupe, cacheManager, lruFetch, ours]

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function costs(stores: StoreUrls, flush: () => Promise<unknown>): Promise<Map<Rival, Cost[]>> {
  const all = new Map<Rival, Cost[]>(RIVALS.map((rival) => [rival, []]))
  // In turn within each round; the first one only warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const rival of RIVALS) {
      await flush()
      const cost = await costOf(rival, stores, TIMES)
      if (round > 0) all.get(rival)?.push(cost)
    }
  }
  return all
}

function row(rival: Rival, { during, later, stale }: RaceResult, samples: Cost[]): string {
  const cells = PHASES.map((phase) => median(samples.map((cost) => cost[phase])).toFixed(0))
  return `| ${[rival.name, during, later.join(' / '), stale ? '**stale**' : 'never', ...cells].join(' | ')} |`
}

const supervisor = createSupervisor({})
const dataDir = await supervisor.temporaryDirectory()
try {
  const stores = await startStores({ supervisor, dataDir, say: console.log })
  console.log(stores.describe.join('\n'))
  const redis = new Redis(stores.redisUrl)
  const results = new Map<Rival, RaceResult>()
  for (const rival of RIVALS) {
    await redis.flushall()
    results.set(rival, await race(rival, stores))
  }
  const cost = await costs(stores, () => redis.flushall())
  redis.disconnect()
  console.log(
    `\n${ROUNDS} rounds of ${TIMES} operations each, in turn; processor time of the client, µs, medians`,
  )
  console.log(
    '| cache | read begun after the write, during the older read | later reads: A / B | stale after an acknowledged write | hit | miss | write |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  for (const [rival, result] of results) console.log(row(rival, result, cost.get(rival) ?? []))
  if (results.get(ours)?.stale) process.exitCode = 1
} finally {
  await supervisor.stopAll()
  await rm(dataDir, { recursive: true, force: true })
}
process.exit()
