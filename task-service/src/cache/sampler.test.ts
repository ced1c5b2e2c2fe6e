import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'
import t from 'tap'
import { FakeCache, ON } from '../../test/support/fake-cache.ts'
import { CACHED, OWNER, STORED } from '../../test/support/list-scene.ts'
import { CacheMetrics } from './cache-metrics.ts'
import { Sampler } from './sampler.ts'

function scene(every = 1) {
  const cache = new FakeCache([])
  cache.found = { state: 'hit', page: CACHED }
  const registry = new Registry()
  const state = {
    holds: true,
    loads: 0,
    stored: CACHED,
    load: async () => {
      state.loads++
      return state.stored
    },
  }
  const sampler = new Sampler({
    store: cache,
    load: () => state.load(),
    metrics: new CacheMetrics(registry),
    log: pino({ level: 'silent' }),
    epochs: { holds: () => state.holds },
    every,
  })
  const hit = async () => {
    sampler.hit(ON, OWNER, CACHED)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const counted = async () => {
    const text = await registry.metrics()
    const of = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
    return { sampled: of('task_cache_sampled_total'), stale: of('task_cache_stale_total') }
  }
  return { cache, state, hit, counted }
}

t.test('a hit that MongoDB confirms is counted, and is not stale', async (t) => {
  const { hit, counted } = scene()
  await hit()
  t.strictSame(await counted(), { sampled: 1, stale: 0 })
})

t.test('a hit that MongoDB contradicts while the cache still holds it is stale', async (t) => {
  const { state, hit, counted } = scene()
  state.stored = STORED
  await hit()
  t.strictSame(await counted(), { sampled: 1, stale: 1 })
})

t.test('it is not stale when a write came between', async (t) => {
  for (const found of [{ state: 'writing' }, { state: 'empty' }, { state: 'hit', page: STORED }] as const) {
    const { cache, state, hit, counted } = scene()
    state.stored = STORED
    cache.found = found
    await hit()
    t.strictSame(await counted(), { sampled: 0, stale: 0 }, found.state)
  }
})

t.test('nor when the lease has ended', async (t) => {
  const { state, hit, counted } = scene()
  state.stored = STORED
  state.holds = false
  await hit()
  t.strictSame(await counted(), { sampled: 0, stale: 0 })
})

t.test('one hit in so many is compared', async (t) => {
  const { state, hit } = scene(3)
  for (let n = 0; n < 7; n++) await hit()
  t.equal(state.loads, 2)
})

t.test('one is compared at a time', async (t) => {
  const { state, hit } = scene()
  const { load } = state
  const answer = Promise.withResolvers<typeof CACHED>()
  state.load = () => answer.promise
  await hit()
  state.load = load
  await hit()
  t.equal(state.loads, 0)
  answer.resolve(CACHED)
  await new Promise((resolve) => setImmediate(resolve))
  await hit()
  t.equal(state.loads, 1)
})

t.test('a comparison that fails harms nobody and is not the last', async (t) => {
  const { cache, state, hit, counted } = scene()
  const { load } = state
  state.load = async () => {
    throw new Error('MongoDB is away')
  }
  await hit()
  state.load = load
  cache.unreachable.add('find')
  await hit()
  cache.unreachable.clear()
  await hit()
  t.strictSame(await counted(), { sampled: 1, stale: 0 })
})
