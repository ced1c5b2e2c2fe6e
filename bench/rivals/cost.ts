import type { CachedList, Rival, StoreUrls } from './rival.ts'

/** About the bytes of 20 tasks. */
const TASKS = Array.from({ length: 20 }, (_, n) => ({ _id: `${n}`, title: 'x'.repeat(220) }))

export const PHASES = ['hit', 'miss', 'write'] as const
export type Phase = (typeof PHASES)[number]

/** Processor time of this process for one operation, in microseconds, for each phase. */
export type Cost = Record<Phase, number>

async function measure(times: number, operation: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  for (let n = 0; n < times; n++) await operation()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/**
 * One round of one rival: one client, one operation after another, nothing but the cache. A miss is what a read costs
 * after a write (whose own cost is taken off); the database answers at once.
 */
export async function costOf(rival: Rival, stores: StoreUrls, times: number): Promise<Cost> {
  const list: CachedList = await rival.open(stores, async () => TASKS)
  try {
    await list.read()
    const hit = await measure(times, () => list.read())
    const write = await measure(times, () => list.write(async () => {}))
    const both = await measure(times, async () => {
      await list.write(async () => {})
      await list.read()
    })
    return { hit, miss: both - write, write }
  } finally {
    await list.close()
  }
}
