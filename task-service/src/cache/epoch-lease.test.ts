import t, { type Test } from 'tap'
import { EpochDocument } from '../../test/support/epoch-document.ts'
import { type Instance, startInstance } from '../../test/support/epoch-instance.ts'
import { FakeTime } from '../../test/support/fake-time.ts'
import type { Epoch } from './ports.ts'

/** Counted from before the renewal was sent; 200 ms less than a lease is waited out */
const HELD_MS = 1_800
const LEASE_MS = 2_000
const STEP_MS = 10
/** How often something unsettled is looked at */
const RETRY_MS = 100

interface Scene extends Instance {
  time: FakeTime
  document: EpochDocument
}

/** One instance that has just seen this document for the first time. */
async function scene(t: Test, epoch: Partial<Epoch>, redis?: string): Promise<Scene> {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  document.set(epoch)
  const instance = startInstance(t, document, time.now, redis)
  await time.pass(STEP_MS)
  return Object.assign(instance, { time, document })
}

/** What a promise has come to so far. */
function watch<T>(promise: Promise<T>): { done: boolean; value?: T } {
  const seen: { done: boolean; value?: T } = { done: false }
  void promise.then((value) => Object.assign(seen, { done: true, value }))
  return seen
}

/** Whether something holds at every step of a while. */
async function always(time: FakeTime, milliseconds: number, holds: () => boolean): Promise<boolean> {
  let held = true
  await time.pass(milliseconds, () => {
    held &&= holds()
  })
  return held
}

t.test('a lease is held as long as it is renewed, and ends 200 ms before it is waited out', async (t) => {
  const { lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  const first = lease.current()
  t.match(first, { epoch: 1, redisRun: 'A', readable: true })
  t.ok(await always(time, 5_000, () => lease.current()?.epoch === 1))
  t.ok(first && lease.holds(first))
  const { renewals } = document
  while (document.renewals === renewals) await time.pass(STEP_MS)
  document.away = true
  await time.pass(HELD_MS - STEP_MS)
  t.ok(first && lease.holds(first))
  await time.pass(STEP_MS)
  t.equal(lease.current(), undefined)
  t.notOk(first && lease.holds(first))
  document.away = false
  await time.pass(200)
  t.match(lease.current(), { epoch: 1 }, 'and is held again once MongoDB answers')
})

t.test('a lease counts from before its renewal was sent, however late the answer comes', async (t) => {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  const answer = Promise.withResolvers<void>()
  document.answering = answer.promise
  const { lease } = startInstance(t, document, time.now)
  await time.pass(STEP_MS)
  document.away = true
  await time.pass(1_000)
  t.equal(lease.current(), undefined)
  answer.resolve()
  await time.pass(STEP_MS)
  t.ok(lease.current())
  await time.pass(HELD_MS - 1_000 - 2 * STEP_MS)
  t.ok(lease.current())
  await time.pass(STEP_MS)
  t.equal(lease.current(), undefined)
})

t.test('an answer that is older than a lease is worth nothing', async (t) => {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  const answer = Promise.withResolvers<void>()
  document.answering = answer.promise
  const { lease } = startInstance(t, document, time.now)
  await time.pass(HELD_MS + STEP_MS)
  document.away = true
  answer.resolve()
  await time.pass(STEP_MS)
  t.equal(lease.current(), undefined)
})

t.test('with the cache off and settled, writes go on at once and reads do without', async (t) => {
  const { lease } = await scene(t, {})
  t.match(await lease.writable(0), { redisRun: 'off', readable: false })
})

t.test('with the cache off and not settled, a write waits until every older lease has ended', async (t) => {
  const { lease, time, document } = await scene(t, { settled: false })
  const write = watch(lease.writable(time.now() + 10_000))
  t.ok(await always(time, LEASE_MS - STEP_MS, () => !write.done))
  t.equal(document.value?.settled, false)
  await time.pass(200)
  t.match(write, { done: true, value: { redisRun: 'off' } })
  t.equal(document.value?.settled, true, 'and nobody else has to wait')
})

t.test('with a cache not settled, marked writes go on at once, reads wait a whole lease', async (t) => {
  const { lease, time } = await scene(t, { redisRun: 'A', settled: false }, 'A')
  t.match(await lease.writable(0), { redisRun: 'A', readable: false })
  t.ok(await always(time, LEASE_MS - STEP_MS, () => lease.current()?.readable === false))
  await time.pass(200)
  t.equal(lease.current()?.readable, true)
})

t.test('an epoch that another instance has settled is usable at once', async (t) => {
  const { lease, time, document } = await scene(t, { redisRun: 'A', settled: false }, 'A')
  if (document.value) document.value.settled = true
  await time.pass(200)
  t.equal(lease.current()?.readable, true)
})

t.test('a write that may not begin before its deadline is told so, then', async (t) => {
  const { lease, time } = await scene(t, { settled: false })
  const write = watch(lease.writable(time.now() + 1_000))
  await time.pass(990)
  t.notOk(write.done)
  await time.pass(2 * STEP_MS)
  t.strictSame(write, { done: true, value: undefined })
})

t.test(
  'a document that went back, as from a backup, is raised above what was seen, and waited out',
  async (t) => {
    const { lease, time, document } = await scene(t, { epoch: 7, redisRun: 'A' }, 'A')
    document.set({ epoch: 5, redisRun: 'B' })
    t.ok(await always(time, 1_100, () => lease.current()?.epoch !== 5))
    t.match(document.value, { epoch: 8, redisRun: 'off', settled: false })
    const raisedAt = time.now()
    let settledAt = Number.POSITIVE_INFINITY
    await time.pass(5_000, () => {
      if (document.value?.settled) settledAt = Math.min(settledAt, time.now())
    })
    t.ok(settledAt - raisedAt >= LEASE_MS - RETRY_MS, 'after a whole lease')
    t.match(lease.current(), { epoch: 9, redisRun: 'A', readable: true }, 'and the cache is turned on again')
  },
)

t.test('a document that is gone is made again, but not as settled', async (t) => {
  const { lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  document.value = null
  await time.pass(1_200)
  t.match(document.value, { settled: false })
  await time.pass(5_000)
  t.ok(lease.current()?.readable)
})

t.test('a newer document ends the lease on an older one', async (t) => {
  const { lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  const first = lease.current()
  document.set({ epoch: 2, redisRun: 'off', settled: false })
  await time.pass(1_000)
  t.match(lease.current(), { epoch: 2, redisRun: 'off', readable: false })
  t.notOk(first && lease.holds(first))
})

t.test('where there is no document it is made', async (t) => {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  document.value = null
  const { lease } = startInstance(t, document, time.now)
  await time.pass(1_100)
  t.match(lease.current(), { epoch: 1, redisRun: 'off' })
})

t.test('instances that have not reported for a minute are forgotten', async (t) => {
  const { time, document } = await scene(t, {})
  document.member('gone', 'A')
  await time.pass(59_000)
  t.strictSame(document.forgotten, [])
  await time.pass(4_000)
  t.ok(document.forgotten.length > 0)
  t.ok(document.forgotten.every((id) => id === 'gone'))
  t.notOk('gone' in (document.value?.members ?? {}))
})

t.test('stopped, it renews nothing and lets nobody wait', async (t) => {
  const { lease, time, document } = await scene(t, { settled: false })
  const write = watch(lease.writable(time.now() + 10_000))
  await lease.stop()
  await time.pass(STEP_MS)
  t.strictSame(write, { done: true, value: undefined })
  const { renewals } = document
  await time.pass(5_000)
  t.equal(document.renewals, renewals)
})

t.test('stopping waits for the renewal that is on its way', async (t) => {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  const answer = Promise.withResolvers<void>()
  document.answering = answer.promise
  const { lease } = startInstance(t, document, time.now)
  await time.pass(STEP_MS)
  const stopping = watch(lease.stop())
  await time.pass(100)
  t.notOk(stopping.done)
  answer.resolve()
  await time.pass(STEP_MS)
  t.ok(stopping.done)
})
