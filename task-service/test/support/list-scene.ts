import { Registry } from '@prometheus-io/client'
import { CacheMetrics } from '../../src/cache/cache-metrics.ts'
import { CoherentLists } from '../../src/cache/coherent-lists.ts'
import type { Sampler } from '../../src/cache/sampler.ts'
import { listPage } from '../../src/tasks/list-page.ts'
import { FakeCache, FakeEpochs } from './fake-cache.ts'

export const OWNER = '0'.repeat(24)
export const STORED = listPage([{ title: 'stored in MongoDB' }], undefined)
export const CACHED = listPage([{ title: 'cached' }], undefined)

/** The coordinator with a cache and a lease that do what a test says; `steps` is everything it did, in order. */
export function listScene({ writeThrough = true } = {}) {
  const steps: string[] = []
  const cache = new FakeCache(steps)
  const epochs = new FakeEpochs()
  const registry = new Registry()
  const sampler = { hit: () => steps.push('sample') } as unknown as Sampler
  const lists = new CoherentLists({
    cache: cache.asListCache(),
    epochs: epochs.asEpochLease(),
    sampler,
    metrics: new CacheMetrics(registry),
    writeThrough,
  })
  const load = async () => {
    steps.push('load')
    return STORED
  }
  return {
    steps,
    cache,
    epochs,
    registry,
    lists,
    read: (loading = load) => lists.read(OWNER, loading),
    /** Under a deadline in so many milliseconds */
    write: (inMs = 3_000, commit: () => Promise<string> = async () => 'written', loading = load) =>
      lists.write(
        OWNER,
        performance.now() + inMs,
        () => {
          steps.push('commit')
          return commit()
        },
        loading,
      ),
  }
}
