import t from 'tap'
import { ON, PENDING, TURNED_OFF } from '../../test/support/fake-cache.ts'
import { CACHED, listScene, STORED } from '../../test/support/list-scene.ts'

t.test('a hit is one question to Redis and none to MongoDB', async (t) => {
  const { cache, read, steps } = listScene()
  cache.found = { state: 'hit', page: CACHED }
  t.strictSame(await read(), { page: CACHED, result: 'hit' })
  t.strictSame(steps, ['find', 'sample'])
})

t.test('a miss reads MongoDB only after it has seen the claim it fills under', async (t) => {
  const { read, steps } = listScene()
  t.strictSame(await read(), { page: STORED, result: 'stored' })
  t.strictSame(steps, ['find', 'claim', 'load', 'fill Lt;'])
})

t.test('who finds the claim of another reader fills under that one', async (t) => {
  const { cache, read, steps } = listScene()
  cache.found = { state: 'filling', claim: 'Lother;' }
  t.strictSame(await read(), { page: STORED, result: 'stored' })
  t.strictSame(steps, ['find', 'load', 'fill Lother;'])
})

t.test('who comes too late to claim goes on with what is there by then', async (t) => {
  for (const [claimed, result, then] of [
    [{ state: 'hit', page: CACHED }, 'hit', ['sample']],
    [{ state: 'filling', claim: 'Lother;' }, 'stored', ['load', 'fill Lother;']],
    [{ state: 'writing' }, 'write-in-progress', ['load', 'confirm']],
  ] as const) {
    const { cache, read, steps } = listScene()
    cache.claimed = claimed
    t.match(await read(), { result })
    t.strictSame(steps, ['find', 'claim', ...then])
  }
})

t.test('a fill that a write has overtaken is said to be not stored', async (t) => {
  const { cache, read } = listScene()
  cache.filled = undefined
  t.match(await read(), { page: STORED, result: 'not-stored' })
})

t.test('a read that did not fill shows what is in the cache by then, as later reads will', async (t) => {
  for (const change of [{ found: { state: 'writing' } }, { filled: CACHED }] as const) {
    const { cache, epochs, read } = listScene()
    Object.assign(cache, change, { confirmed: CACHED })
    t.strictSame((await read()).page, CACHED)
    cache.confirm = async () => {
      epochs.lease = TURNED_OFF
      return CACHED
    }
    cache.fill = cache.confirm
    t.strictSame((await read()).page, STORED, 'but not when the lease has ended')
  }
})

t.test('while a write is in progress nothing is filled', async (t) => {
  const { cache, read, steps } = listScene()
  cache.found = { state: 'writing' }
  t.strictSame(await read(), { page: STORED, result: 'write-in-progress' })
  t.strictSame(steps, ['find', 'load', 'confirm'])
})

t.test('a hit whose lease ended meanwhile is none', async (t) => {
  for (const after of [undefined, TURNED_OFF]) {
    const { cache, epochs, read, steps } = listScene()
    cache.find = async () => {
      epochs.lease = after
      return { state: 'hit', page: CACHED }
    }
    t.strictSame(await read(), { page: STORED, result: 'lease-lost' })
    t.strictSame(steps, ['load'], 'and is no sample either')
  }
})

t.test('without a readable lease Redis is not asked, and nothing is stored', async (t) => {
  for (const lease of [undefined, PENDING, TURNED_OFF]) {
    const { epochs, read, steps } = listScene()
    epochs.lease = lease
    t.strictSame(await read(), { page: STORED, result: 'cache-off' })
    t.strictSame(steps, ['load'])
  }
})

t.test('a read goes on without Redis, at whichever step it stops answering', async (t) => {
  const results = { find: 'redis-unreachable', claim: 'redis-unreachable', 'fill Lt;': 'not-stored' }
  for (const [step, result] of Object.entries(results)) {
    const { cache, epochs, read } = listScene()
    cache.unreachable.add(step)
    t.strictSame(await read(), { page: STORED, result }, step)
    t.equal(epochs.proposals, 0, 'a read turns nothing off')
  }
})

t.test('an error that is not Redis being away is not taken for it', async (t) => {
  const { cache, read } = listScene()
  cache.find = async () => {
    throw new TypeError('a defect')
  }
  await t.rejects(read(), { message: 'a defect' })
})

t.test('when MongoDB is away too, the read says so and fills nothing', async (t) => {
  const { read, steps, mongodb } = listScene()
  const unavailable = new Error('MongoDB is away')
  mongodb.load = async () => {
    throw unavailable
  }
  await t.rejects(read(), unavailable)
  t.strictSame(steps, ['find', 'claim', 'load'])
})

t.test('reads are counted by what the cache could do for them', async (t) => {
  const { cache, epochs, read, registry } = listScene()
  await read()
  cache.found = { state: 'hit', page: CACHED }
  await read()
  await read()
  epochs.lease = { ...ON, readable: false }
  await read()
  const text = await registry.metrics()
  t.match(text, 'task_cache_reads_total{result="stored"} 1')
  t.match(text, 'task_cache_reads_total{result="hit"} 2')
  t.match(text, 'task_cache_reads_total{result="cache-off"} 1')
})
