import t from 'tap'
import { done } from './support/done.ts'
import { BUSY, HIT, insertTasks, list, NOT_STORED, STORED, titles } from './support/lists.ts'
import { openStores } from './support/open-stores.ts'
import { TestService } from './support/service.ts'
import { undisturbed } from './support/undisturbed.ts'

const service = await TestService.start()
t.teardown(() => service.close())
const { db, redis, listKey } = await openStores(t, service.database)
await service.ready()
await service.cacheOn()

const someone = () => service.someone()

for (const [what, value, after] of [
  ['a write is in progress', 'M0aaaaaaaaaa00000001;', 'M1aaaaaaaaaa00000001;'],
  ['the outcome of a write is unknown', 'M1*;', 'M1*;'],
] as const) {
  undisturbed(`while ${what}, lists come from MongoDB and nothing is stored`, async (t) => {
    const { id, call } = await someone()
    await done(call, 'POST', '/tasks/', { title: 'before' })
    const key = await listKey(id)
    await redis.set(key, value, 'PX', 60_000)
    await insertTasks(db, id, 1)
    for (let n = 0; n < 3; n++) {
      const answer = await list(call)
      t.equal(answer.headers['cache-status'], BUSY)
      t.same(titles(answer).sort(), ['before', 'task 0'])
    }
    t.equal(await redis.get(key), after, 'nor by the write, which may know less than a reader was shown')
  })
}

undisturbed(
  'while another reader fills, a list comes from MongoDB, and whoever is first stores it',
  async (t) => {
    const { id, call } = await someone()
    await insertTasks(db, id, 1)
    const key = await listKey(id)
    await redis.set(key, 'Laaaaaaaaaa00000001;', 'PX', 60_000)
    const answer = await list(call)
    t.equal(answer.headers['cache-status'], STORED)
    t.same(titles(answer), ['task 0'])
    t.equal((await list(call)).headers['cache-status'], HIT)
  },
)

undisturbed('a write beside one in progress is acknowledged, and stores nothing', async (t) => {
  const { id, call } = await someone()
  const key = await listKey(id)
  const other = 'aaaaaaaaaa00000001;'
  await redis.set(key, `M0${other}`, 'PX', 60_000)
  t.equal((await call('POST', '/tasks/', { title: 'a' })).statusCode, 201)
  t.equal(await redis.get(key), `M1${other}`)
  const answer = await list(call)
  t.equal(answer.headers['cache-status'], BUSY)
  t.same(titles(answer), ['a'])
})

undisturbed('too many writes of one list at once are 503 and not made', async (t) => {
  const { id, call } = await someone()
  const key = await listKey(id)
  const others = 'aaaaaaaaaa00000001;'.repeat(500)
  await redis.set(key, `M1${others}`, 'PX', 60_000)
  const answer = await call('POST', '/tasks/', { title: 'a' })
  t.equal(answer.statusCode, 503)
  t.equal(answer.json().code, 'too_many_writes')
  t.ok(Number(answer.headers['retry-after']) >= 1)
  t.same(titles(await list(call)), [])
})

undisturbed('a list that was evicted is stored again', async (t) => {
  const { id, call } = await someone()
  await done(call, 'POST', '/tasks/', { title: 'a' })
  await redis.del(await listKey(id))
  t.equal((await list(call)).headers['cache-status'], STORED)
  t.equal((await list(call)).headers['cache-status'], HIT)
})

undisturbed('lists do not live for ever', async (t) => {
  const { id, call } = await someone()
  await list(call)
  const left = await redis.pttl(await listKey(id))
  t.ok(left > 30_000 && left <= 66_000, `${left} ms left`)
})

undisturbed('a list of more than a page keeps its next link in the cache', async (t) => {
  const { id, call } = await someone()
  await insertTasks(db, id, 101)
  const miss = await list(call)
  const hit = await list(call, '/api/v1/tasks/')
  t.equal(hit.headers['cache-status'], HIT)
  t.equal(titles(hit).length, 100)
  t.match(hit.headers.link, /^<\/api\/v1\/tasks\/\?cursor=[\w-]+>; rel="next"$/)
  const next = /<([^>]+)>/.exec(String(miss.headers.link))?.[1] ?? ''
  t.same(titles(await list(call, next)), ['task 0'])
})

undisturbed('only the whole first page is cached', async (t) => {
  const { call } = await someone()
  await done(call, 'POST', '/tasks/', { title: 'a' })
  await done(call, 'POST', '/tasks/', { title: 'b' })
  await list(call)
  for (const limit of [100, 1_000]) {
    const answer = await list(call, `/tasks/?limit=${limit}`)
    t.equal(answer.headers['cache-status'], HIT, `a limit of ${limit}`)
  }
  const part = await list(call, '/tasks/?limit=1')
  t.equal(part.headers['cache-status'], 'task-lists; fwd=request')
  t.same(titles(part), ['b'])
})

undisturbed('a list above 512 KiB is answered, though not stored', async (t) => {
  const { id, call } = await someone()
  await insertTasks(db, id, 100, 'ﷺ'.repeat(4_000))
  for (let n = 0; n < 3; n++) {
    const answer = await list(call)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-status'], NOT_STORED)
    t.equal(titles(answer).length, 100)
    t.equal(await redis.get(await listKey(id)), null)
  }
  t.equal((await call('POST', '/tasks/', { title: 'new' })).statusCode, 201)
  const answer = await list(call)
  t.not(answer.headers['cache-status'], HIT)
  t.equal(titles(answer)[0], 'new')
})
