import t from 'tap'
import { AttemptMemory } from './attempt-memory.ts'

const rule = { free: 3, baseMs: 1_000, maxMs: 4_000, forgetMs: 60_000 }

function newMemory() {
  const clock = { now: 1 }
  return { clock, memory: new AttemptMemory(() => clock.now) }
}

t.test('a window begins with the first attempt and ends by itself', async (t) => {
  const { clock, memory } = newMemory()
  t.strictSame(await memory.count('a', 1_000), { count: 1, resetMs: 1_000 })
  clock.now += 400
  t.strictSame(await memory.count('a', 1_000), { count: 2, resetMs: 600 })
  clock.now += 600
  t.strictSame(await memory.count('a', 1_000), { count: 1, resetMs: 1_000 })
})

t.test('after the free attempts the wait doubles up to its limit', async (t) => {
  const { clock, memory } = newMemory()
  t.strictSame(
    [await memory.delay('a', rule), await memory.delay('a', rule), await memory.delay('a', rule)],
    [0, 0, 0],
  )
  for (const wait of [1_000, 2_000, 4_000, 4_000]) {
    t.equal(await memory.delay('a', rule), wait)
    clock.now += wait - 1
    t.equal(await memory.delay('a', rule), 1, 'an attempt during the wait does not extend it')
    clock.now += 1
    t.equal(await memory.delay('a', rule), 0)
  }
})

t.test('an attempt taken back does not count, and a wait due for the others stays', async (t) => {
  const { memory } = newMemory()
  for (let i = 0; i < 10; i++) {
    t.equal(await memory.delay('a', rule), 0)
    await memory.undo('a', rule)
  }
  for (let i = 0; i < 3; i++) await memory.delay('a', rule)
  await memory.undo('a', rule)
  t.equal(await memory.delay('a', rule), 0, 'two count')
  await memory.delay('b', rule)
  await memory.undo('c', rule)
  t.equal(await memory.delay('a', rule), 1_000, 'three do')
})

t.test('success and time make it forget', async (t) => {
  const { clock, memory } = newMemory()
  for (let i = 0; i < 3; i++) await memory.delay('a', rule)
  await memory.forget(['a'])
  t.equal(await memory.delay('a', rule), 0)
  for (let i = 0; i < 2; i++) await memory.delay('a', rule)
  t.equal(await memory.delay('a', rule), 1_000)
  clock.now += 1_000 + rule.forgetMs
  for (let i = 0; i < 3; i++) t.equal(await memory.delay('a', rule), 0)
})

t.test('it stays bounded and forgets the oldest first', async (t) => {
  const { memory } = newMemory()
  await memory.count('first', 1_000)
  await memory.count('kept', 1_000)
  for (let i = 0; i < 49_999; i++) await memory.count(`k${i}`, 1_000)
  t.equal((await memory.count('kept', 1_000)).count, 2)
  t.equal((await memory.count('first', 1_000)).count, 1)
})
