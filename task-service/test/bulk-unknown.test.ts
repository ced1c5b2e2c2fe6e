import t from 'tap'
import { done } from './support/done.ts'
import { newGate } from './support/gate.ts'
import { BUSY, HIT, list } from './support/lists.ts'
import { TestService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'
import { until } from './support/until.ts'

const mongo = await newGate(t, mongodbUri)
const service = await TestService.start({ MONGODB_URI: mongo.url })
t.teardown(() => service.close())
const elsewhere = await service.another({ MONGODB_URI: mongodbUri })
await Promise.all([service.ready(), elsewhere.ready()])
await Promise.all([service.cacheOn(), elsewhere.cacheOn()])

/** As it stands in BSON: the command's name, and the length and name of its collection. */
const UPDATE_OF_TASKS = 'update\0\x06\0\0\0tasks\0'

/** On a busy machine the time for all operations can be over before the second: that is tried again. */
async function attempted() {
  for (;;) {
    const { token, call } = await service.someone()
    const read = elsewhere.as(token)
    const { _id } = (await done(call, 'POST', '/tasks/', { title: 'before' })).json()
    await until('it is cached', async () => (await read('GET', '/tasks/')).headers['cache-status'] === HIT)
    mongo.holdBefore(UPDATE_OF_TASKS)
    const answer = await call('POST', '/tasks/bulk', [
      { op: 'create', title: 'first' },
      { op: 'update', _id, version: 1, title: 'late' },
      { op: 'create', title: 'too late to begin' },
    ])
    if (answer.statusCode === 200 && mongo.isHolding) return { answer, read }
    mongo.release()
  }
}

t.test(
  'one operation of unknown outcome, and its mark stays, so that no cached list hides it when it comes late',
  async (t) => {
    const { answer, read } = await attempted()
    t.match(answer.json(), [
      { status: 201, task: { title: 'first' } },
      { status: 503, problem: { code: 'outcome_unknown' } },
      { status: 503, problem: { code: 'write_unavailable' } },
    ])
    const titles = async () => {
      const page = await list(read)
      t.equal(page.headers['cache-status'], BUSY)
      return page
        .json()
        .map(({ title }: { title: string }) => title)
        .sort()
    }
    t.same(await titles(), ['before', 'first'], 'what was acknowledged is there')
    // A write elsewhere begins and ends meanwhile, and does not take the mark with it.
    await done(read, 'POST', '/tasks/', { title: 'other' })
    t.same(await titles(), ['before', 'first', 'other'])
    mongo.release()
    await until('the late one is there', async () => (await list(read)).body.includes('"late"'))
    t.same(await titles(), ['first', 'late', 'other'])
  },
)
