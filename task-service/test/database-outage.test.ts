import t from 'tap'
import { done } from './support/done.ts'
import { newGate } from './support/gate.ts'
import { get } from './support/network.ts'
import { TestService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'
import { until } from './support/until.ts'

/** Every wait for a store has a limit, 6 s together; the driver's own would be 30 s. */
const BOUND_MS = 25_000
const ORIGIN = 'http://localhost:5173'

const mongo = await newGate(t, mongodbUri)
const service = await TestService.start({ MONGODB_URI: mongo.url })
t.teardown(() => service.close())
/** Reaches MongoDB whatever happens to the other one's way. */
const elsewhere = await service.another()
await Promise.all([service.ready(), elsewhere.ready()])
await Promise.all([service.cacheOn(), elsewhere.cacheOn()])
const internal = await service.app.internal.listen({ host: '127.0.0.1', port: 0 })
const { call } = await service.someone()

type Method = Parameters<typeof call>[0]

/** One request, and how long its answer took. */
async function timed(method: Method, path: string, body?: object, caller = call) {
  const start = performance.now()
  const answer = await caller(method, path, body, { origin: ORIGIN })
  return { method, answer, ms: performance.now() - start }
}

t.test('while MongoDB is away it stays ready, and answers 503 in a bounded time', async (t) => {
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'kept' })).json()
  await mongo.close()
  // Twice: under a lease that was held before, and without one.
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all([
      timed('POST', '/tasks/', { title: 'lost' }),
      timed('PUT', `/tasks/${_id}`, { title: 'lost' }),
      timed('DELETE', `/tasks/${_id}`),
      timed('GET', `/tasks/${_id}`),
    ])
    for (const { method, answer, ms } of answers) {
      t.equal(answer.statusCode, 503, method)
      t.match(answer.json().code, /^(database_unavailable|write_unavailable|outcome_unknown)$/, method)
      t.ok(Number(answer.headers['retry-after']) >= 1)
      t.equal(answer.headers['access-control-allow-origin'], ORIGIN)
      t.ok(ms < BOUND_MS, `${method} took ${ms} ms`)
    }
  }
  const list = await call('GET', '/tasks/')
  t.match(
    { status: list.statusCode, body: list.json() },
    { status: 503, body: { code: 'database_unavailable' } },
  )
  for (const probe of ['readyz', 'livez']) {
    t.equal((await get(`${internal}/${probe}`)).status, 200, probe)
  }
  await mongo.open()
  await until('it reads again', async () => (await call('GET', `/tasks/${_id}`)).statusCode === 200)
  await until(
    'it writes again',
    async () => (await call('PUT', `/tasks/${_id}`, { priority: 1 })).statusCode === 200,
  )
  t.match((await call('GET', `/tasks/${_id}`)).json(), { title: 'kept', priority: 1 })
})

t.test('a write that arrives late is not hidden by a list that was cached before', async (t) => {
  const { token, call: write } = await service.someone()
  const read = elsewhere.as(token)
  await until('there is a hit', async () => {
    return (await read('GET', '/tasks/')).headers['cache-status'] === 'task-lists; hit'
  })
  // Nothing goes through any more once the task is on its way.
  mongo.stallBefore('\x02insert\0')
  const writing = timed('POST', '/tasks/', { title: 'late' }, write)
  await until('the write is on its way', () => mongo.isStalled)
  const [late, unread] = await Promise.all([writing, timed('GET', '/tasks/?limit=1')])
  for (const { method, answer, ms } of [late, unread]) {
    t.equal(answer.statusCode, 503, method)
    t.ok(ms < BOUND_MS, `${method} took ${ms} ms`)
  }
  t.equal(late.answer.json().code, 'outcome_unknown')
  const before = await read('GET', '/tasks/')
  t.equal(before.headers['cache-status'], 'task-lists; fwd=bypass; detail=write-in-progress')
  t.same(before.json(), [])
  mongo.release()
  await until('it shows', async () => (await read('GET', '/tasks/')).json().length === 1)
  await until('it reads again', async () => (await call('GET', '/tasks/?limit=1')).statusCode === 200)
})
