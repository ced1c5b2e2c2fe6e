import { Registry } from '@prometheus-io/client'
import { CacheMetrics } from '../../src/cache/cache-metrics.ts'
import { listPage } from '../../src/cache/list-page.ts'
import { ListReads } from '../../src/cache/list-reads.ts'
import { ListWrites } from '../../src/cache/list-writes.ts'
import type { Timing } from '../../src/cache/timing.ts'
import { FakeCache, FakeEpochs } from './fake-cache.ts'

export const OWNER = '0'.repeat(24)
export const STORED = listPage([{ title: 'stored in MongoDB' }], undefined)
export const CACHED = listPage([{ title: 'cached' }], undefined)

interface Given {
  writeThrough?: boolean
  now?: () => number
  timing?: Timing
}

/** Reads and writes with a cache and a lease that do what a test says; `steps` is everything they did, in order. */
export function listScene({ writeThrough = true, now = () => performance.now(), ...given }: Given = {}) {
  const steps: string[] = []
  const store = new FakeCache(steps)
  const epochs = new FakeEpochs()
  const registry = new Registry()
  const metrics = new CacheMetrics(registry)
  const mongodb = { load: async () => STORED }
  const load = async () => {
    steps.push('load')
    return mongodb.load()
  }
  const sampler = { hit: () => void steps.push('sample') }
  const reads = new ListReads({ store, epochs, load, metrics, sampler })
  const writes = new ListWrites({ store, epochs, load, metrics, writeThrough, now, ...given })
  return {
    steps,
    cache: store,
    epochs,
    registry,
    mongodb,
    stop: () => writes.stop(),
    read: () => reads.read(OWNER),
    /** Under a deadline in so many milliseconds */
    write: (inMs = 3_000, commit: () => Promise<string> = async () => 'written') =>
      writes.write(OWNER, now() + inMs, () => {
        steps.push('commit')
        return commit()
      }),
  }
}
