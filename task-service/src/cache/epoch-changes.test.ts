import t, { type Test } from 'tap'
import { EpochDocument } from '../../test/support/epoch-document.ts'
import { startInstance } from '../../test/support/epoch-instance.ts'
import { FakeTime } from '../../test/support/fake-time.ts'
import type { Epoch } from './ports.ts'

async function scene(t: Test, epoch: Partial<Epoch>, redis?: string) {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  document.set(epoch)
  const instance = startInstance(t, document, time.now, redis)
  await time.pass(10)
  return { instance, lease: instance.lease, time, document }
}

t.test('a cache that is off is turned on for the Redis that is reached', async (t) => {
  const { lease, time, document } = await scene(t, { epoch: 4 }, 'A')
  await time.pass(10)
  t.match(document.value, { epoch: 5, redisRun: 'A', settled: false })
  await time.pass(2_200)
  t.match(lease.current(), { epoch: 5, redisRun: 'A', readable: true })
})

t.test('it stays off while there is no Redis', async (t) => {
  const { lease, time, document } = await scene(t, {})
  await time.pass(5_000)
  t.equal(document.proposals, 0)
  t.match(await lease.writable(0), { redisRun: 'off' })
})

t.test('it stays off until off is settled', async (t) => {
  const { time, document } = await scene(t, { settled: false }, 'A')
  await time.pass(1_900)
  t.equal(document.proposals, 0)
})

for (const other of ['none', 'B']) {
  t.test(`it stays off while a live instance reaches ${other}, and goes on when that is gone`, async (t) => {
    const time = FakeTime.start(t)
    const document = new EpochDocument(time.now)
    document.member('other', other)
    startInstance(t, document, time.now, 'A')
    await time.pass(4_900, () => {
      if (time.now() % 1_000 === 0) document.member('other', other)
    })
    t.equal(document.proposals, 0)
    await time.pass(7_000)
    t.match(document.value, { epoch: 2, redisRun: 'A' })
  })
}

t.test('it goes on when every live instance reaches the same Redis', async (t) => {
  const time = FakeTime.start(t)
  const document = new EpochDocument(time.now)
  document.member('other', 'A')
  startInstance(t, document, time.now, 'A')
  await time.pass(100)
  t.match(document.value, { epoch: 2, redisRun: 'A' })
})

t.test('another Redis process that answers turns the cache off, then on for that one', async (t) => {
  const { instance, lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  instance.redis = 'B'
  await time.pass(1_100)
  t.match(document.value, { epoch: 2, redisRun: 'off' })
  await time.pass(6_000)
  t.match(lease.current(), { epoch: 3, redisRun: 'B', readable: true })
})

t.test('a Redis away for less than a second changes nothing', async (t) => {
  const { instance, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  for (let blip = 0; blip < 5; blip++) {
    instance.redis = undefined
    await time.pass(900)
    instance.redis = 'A'
    await time.pass(1_100)
  }
  t.equal(document.proposals, 0)
})

t.test('a Redis away for a second or two turns the cache off', async (t) => {
  const { instance, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  instance.redis = undefined
  await time.pass(2_200)
  t.match(document.value, { epoch: 2, redisRun: 'off' })
})

t.test('an instance that alone does not reach the Redis in use leaves it on for the others', async (t) => {
  const { instance, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  for (const redis of [undefined, 'B']) {
    instance.redis = redis
    await time.pass(10_000, () => {
      if (time.now() % 1_000 === 0) document.member('other', 'A')
    })
    t.equal(document.proposals, 0)
  }
  await time.pass(10_000)
  t.match(document.value, { epoch: 3, redisRun: 'B' }, 'until they are gone')
})

t.test('writes that cannot mark turn it off together, once', async (t) => {
  const { instance, lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  instance.redis = undefined
  const held = lease.current()
  if (!held) throw new Error('no lease')
  await Promise.all([lease.proposeOff(held), lease.proposeOff(held)])
  await lease.proposeOff(held)
  t.equal(document.proposals, 1)
  t.match(document.value, { epoch: 2, redisRun: 'off', settled: false })
  t.match(lease.current(), { epoch: 2, redisRun: 'off' })
  t.equal(await lease.writable(0), undefined, 'not before older leases have ended')
  await time.pass(2_200)
  t.match(await lease.writable(0), { epoch: 2, redisRun: 'off' })
})

t.test('what is off already is not turned off again', async (t) => {
  const { lease, document } = await scene(t, {})
  const held = lease.current()
  if (!held) throw new Error('no lease')
  await lease.proposeOff(held)
  t.equal(document.proposals, 0)
})

t.test('an instance that has lost its lease turns nothing off: it may just have woken up', async (t) => {
  const { instance, lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  const held = lease.current()
  if (!held) throw new Error('no lease')
  document.away = true
  instance.redis = undefined
  await time.pass(5_000)
  t.equal(lease.current(), undefined)
  await lease.proposeOff(held)
  document.away = false
  t.equal(document.proposals, 0)
  document.member('other', 'A')
  await time.pass(500)
  t.match(lease.current(), { epoch: 1, redisRun: 'A' }, 'it goes on under the epoch of the others')
  t.equal(document.proposals, 0)
})

t.test('an instance that was cut off from MongoDB and Redis gives Redis its second again', async (t) => {
  const { instance, lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  instance.redis = undefined
  await time.pass(1_100)
  document.away = true
  await time.pass(5_000)
  document.away = false
  await time.pass(200)
  t.equal(lease.current()?.epoch, 1)
  t.equal(document.proposals, 0)
  instance.redis = 'A'
  await time.pass(5_000)
  t.equal(document.proposals, 0)
})

t.test('when another instance was faster, its epoch is read at once', async (t) => {
  const { instance, lease, time, document } = await scene(t, { redisRun: 'A' }, 'A')
  instance.redis = undefined
  const held = lease.current()
  if (!held) throw new Error('no lease')
  document.set({ epoch: 2, redisRun: 'off', settled: false })
  await lease.proposeOff(held)
  await time.pass(20)
  t.match(lease.current(), { epoch: 2, redisRun: 'off' })
  t.equal(document.value?.epoch, 2, 'and stays')
})

t.test('a proposal that fails is no error for the write that made it', async (t) => {
  const { lease, document } = await scene(t, { redisRun: 'A' }, 'A')
  const held = lease.current()
  if (!held) throw new Error('no lease')
  document.away = true
  await lease.proposeOff(held)
  t.match(lease.current(), { epoch: 1, redisRun: 'A' })
})
