import t from 'tap'
import { newPair } from './support/outage.ts'
import { undisturbed } from './support/undisturbed.ts'
import { until } from './support/until.ts'

/** What a read may take, without Redis, on a machine that does other things as well */
const AT_ONCE_MS = 1_000
/** The promise is about 2 s */
const PAUSE_MS = 8_000
const STALLED_READS = 20

const pair = await newPair(t)
const { gates, stores, someone } = pair

async function everythingWorks(): Promise<void> {
  const { views } = await someone()
  for (const view of views) await view.hits()
}

undisturbed(
  'Redis gone for both: reads go on at once, writes after one pause, and the cache comes back',
  async (t) => {
    const { views } = await someone()
    const [here, there] = views
    await here.acknowledged('before')
    await here.hits()
    for (const gate of gates) await gate.close()
    for (const view of views) {
      const read = await view.read()
      t.match(read, { status: 200, titles: ['before'], cache: /redis-unreachable|cache-off/ })
      t.ok(read.ms < AT_ONCE_MS, `${read.ms} ms`)
    }
    const pause = await here.acknowledged('first')
    t.ok(pause.ms < PAUSE_MS, `the pause took ${pause.ms} ms`)
    t.match(pause.refusals.join(), /^((write_unavailable|outcome_unknown),?)*$/)
    t.equal((await stores.epoch()).cache, 'off')
    const expected = ['before', 'first']
    for (let n = 0; n < 10; n++) {
      const [writer, reader] = n % 2 === 0 ? [there, here] : [here, there]
      await writer.acknowledged(`then ${n}`)
      expected.push(`then ${n}`)
      const read = await reader.read()
      t.equal(read.status, 200)
      t.same(read.titles, expected.toSorted(), 'every acknowledged write')
    }
    for (const gate of gates) await gate.open()
    await everythingWorks()
    for (const view of views) t.same((await view.read()).titles, expected.toSorted())
  },
)

undisturbed(
  'one instance loses Redis: what it writes is seen on the other, and the other way round',
  async (t) => {
    const { views } = await someone()
    const [here, there] = views
    await here.acknowledged('before')
    await there.hits()
    await gates[0].close()
    // Reads on the other instance go on all the time, so that a stale cache would be seen.
    const expected = ['before']
    let reading = true
    let stale = 0
    let hits = 0
    const reads = async () => {
      while (reading) {
        const least = [...expected]
        const read = await there.read()
        if (read.cache === 'task-lists; hit') hits++
        if (!least.every((title) => read.titles.includes(title))) stale++
      }
    }
    const reader = reads()
    for (let n = 0; n < 12; n++) {
      const [writer, other] = n % 2 === 0 ? [here, there] : [there, here]
      await writer.acknowledged(`then ${n}`)
      expected.push(`then ${n}`)
      t.same((await other.read()).titles, expected.toSorted())
    }
    reading = false
    await reader
    t.equal(stale, 0)
    t.ok(hits > 0, `${hits} hits before the cache was turned off`)
    await gates[0].open()
    await everythingWorks()
    for (const view of views) t.same((await view.read()).titles, expected.toSorted())
  },
)

undisturbed('Redis answers nothing: one read waits for it, those after do not', async (t) => {
  const { id, views } = await someone()
  const [view] = views
  await view.hits()
  const [gate] = gates
  gate.sent = ''
  gate.stall()
  const first = await view.read()
  t.match(first, { status: 200, cache: /redis-unreachable/ })
  t.ok(first.ms < AT_ONCE_MS, `${first.ms} ms`)
  for (let n = 1; n < STALLED_READS; n++) {
    const read = await view.read()
    t.equal(read.status, 200)
    t.match(read.cache, /redis-unreachable|cache-off/)
  }
  t.equal(gate.sent.split(`tasks:{${id}}`).length - 1, 1, 'Redis was asked once for all of them')
  gate.release()
  await everythingWorks()
})

undisturbed('connections that are reset cost no read and lose no write', async (t) => {
  const { views } = await someone()
  const [here, there] = views
  const expected: string[] = []
  for (let n = 0; n < 8; n++) {
    for (const gate of gates) gate.reset()
    await here.acknowledged(`${n}`)
    expected.push(`${n}`)
    const read = await there.read()
    t.equal(read.status, 200)
    t.same(read.titles, expected.toSorted())
  }
  await everythingWorks()
})

undisturbed('another Redis process is a cold cache, whatever it holds', async (t) => {
  const { id, views } = await someone()
  const [here] = views
  await here.acknowledged('true')
  await here.hits()
  // What an older process of this Redis may have left behind, under the key of that time.
  const key = await stores.listKey(id)
  const { cache } = await stores.epoch()
  const poison = Buffer.from(`V${'e'.repeat(22)}\n[{"title":"of another time"}]`)
  const other = 'f'.repeat(cache.length)
  for (const gate of gates) {
    gate.onAnswer = (chunk) => Buffer.from(chunk.toString('latin1').replaceAll(cache, other), 'latin1')
    await gate.close()
  }
  await stores.redis.set(key, poison)
  await stores.redis.set(key.replace(cache, other), poison)
  for (const gate of gates) await gate.open()
  const seen = new Set<string>()
  await until('the cache is that of the other process', async () => {
    for (const view of views) for (const title of (await view.read()).titles) seen.add(title)
    return (await stores.epoch()).cache === other
  })
  t.same([...seen], ['true'])
  await everythingWorks()
  for (const view of views) {
    await view.hits()
    t.same((await view.read()).titles, ['true'])
  }
  await stores.redis.del(key, key.replace(cache, other))
  for (const gate of gates) {
    gate.onAnswer = (chunk) => chunk
    gate.reset()
  }
})

undisturbed('a write that may not begin within its deadline is 503, and is never made', async (t) => {
  const { views } = await someone()
  const [view] = views
  let waiting = true
  // An epoch that is never settled, as long as this goes on.
  const unsettle = async () => {
    while (waiting) {
      const { epoch } = await stores.epoch()
      const next = { epoch: epoch + 1, cache: 'off', settled: false }
      await stores.epochs.updateOne({ _id: 'task-lists', epoch }, { $set: next })
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const unsettling = unsettle()
  await until('the cache is off', async () => (await view.read()).cache.includes('cache-off'))
  const { answer, status, ms } = await view.write('too late')
  waiting = false
  await unsettling
  t.equal(status, 503)
  t.equal(answer.json().code, 'write_unavailable')
  t.ok(Number(answer.headers['retry-after']) >= 1)
  t.ok(ms > 2_000 && ms < 3_000 + AT_ONCE_MS, `${ms} ms`)
  await view.acknowledged('in time')
  t.same((await view.read()).titles, ['in time'])
})
