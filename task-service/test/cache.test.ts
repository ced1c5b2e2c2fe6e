import { ObjectId } from 'mongodb'
import t from 'tap'
import { freePort, get } from './support/network.ts'
import { openStores } from './support/open-stores.ts'
import { TestService } from './support/service.ts'
import { until } from './support/until.ts'

const HIT = 'task-lists; hit'
const STORED = 'task-lists; fwd=uri-miss; stored'
const WRITES = 15
const READERS = 6
const BUSY = 'task-lists; fwd=bypass; detail=write-in-progress'

const internalPort = await freePort()
const first = await TestService.start({ INTERNAL_PORT: String(internalPort) })
t.teardown(() => first.close())
const second = await first.another()
const { db, redis, listKey } = await openStores(t, first.database)
await Promise.all([first.ready(), second.ready()])
await Promise.all([first.cacheOn(), second.cacheOn()])

type Call = ReturnType<TestService['as']>

/** The same user on both instances. */
async function someone() {
  const { id, token, call } = await first.someone()
  return { id, call, elsewhere: second.as(token) }
}

/**
 * The list, and what the cache had to do with it. On a busy machine Redis can be slower than 100 ms, and the cache is
 * then left alone for a moment: that is asked again.
 */
async function list(call: Call, url = '/tasks/', headers: Record<string, string> = {}) {
  for (;;) {
    const answer = await call('GET', url, undefined, headers)
    if (!/redis-unreachable|cache-off|lease-lost/.test(String(answer.headers['cache-status']))) return answer
  }
}

function titles(answer: { json: () => unknown }): string[] {
  return (answer.json() as { title: string }[]).map(({ title }) => title)
}

/** Tasks made behind the service's back. */
async function insertTasks(owner: string, count: number, description: string | null = null): Promise<void> {
  await db.collection('tasks').insertMany(
    Array.from({ length: count }, (_, n) => ({
      _id: new ObjectId(),
      owner_id: new ObjectId(owner),
      title: `task ${n}`,
      description,
      completed: false,
      version: 1,
      created_at: new Date(1_700_000_000_000 + n),
      updated_at: new Date(1_700_000_000_000 + n),
    })),
  )
}

t.test('the first reader stores the list, every other one gets it byte for byte', async (t) => {
  const { id, call, elsewhere } = await someone()
  await insertTasks(id, 3, 'Käse, “Brot” 🥖\n')
  const miss = await list(call)
  t.equal(miss.headers['cache-status'], STORED)
  t.same(titles(miss), ['task 2', 'task 1', 'task 0'])
  for (const reader of [call, elsewhere]) {
    const hit = await list(reader)
    t.equal(hit.headers['cache-status'], HIT)
    t.ok(hit.rawPayload.equals(miss.rawPayload))
    for (const header of ['etag', 'content-type', 'content-length', 'cache-control', 'link'])
      t.equal(hit.headers[header], miss.headers[header], header)
  }
})

t.test('an empty list is cached as well', async (t) => {
  const { call } = await someone()
  t.equal((await list(call)).headers['cache-status'], STORED)
  const hit = await list(call)
  t.equal(hit.headers['cache-status'], HIT)
  t.equal(hit.body, '[]')
})

t.test('every write shows in the next list on another instance, which is a hit', async (t) => {
  const { call, elsewhere } = await someone()
  const { _id } = (await call('POST', '/tasks/', { title: '0' })).json()
  let hits = 0
  for (let n = 1; n <= 20; n++) {
    const [writer, reader] = n % 2 === 0 ? [call, elsewhere] : [elsewhere, call]
    t.equal((await writer('PUT', `/tasks/${_id}`, { title: `${n}` })).statusCode, 200)
    const answer = await list(reader)
    t.same(titles(answer), [`${n}`])
    if (answer.headers['cache-status'] === HIT) hits++
  }
  t.ok(hits > 10, `written through: ${hits} of 20 are hits`)
  await call('DELETE', `/tasks/${_id}`)
  t.same(titles(await list(elsewhere)), [])
})

t.test('without write-through the next reader fills the cache', async (t) => {
  const frugal = await first.another({ CACHE_WRITE_THROUGH: 'false' })
  await frugal.ready()
  await frugal.cacheOn()
  const { token, call } = await frugal.someone()
  t.equal((await call('POST', '/tasks/', { title: 'a' })).statusCode, 201)
  const answer = await list(first.as(token))
  t.equal(answer.headers['cache-status'], STORED)
  t.same(titles(answer), ['a'])
})

for (const [what, value, after] of [
  ['a write is in progress', 'M0aaaaaaaaaa00000001;', 'M1aaaaaaaaaa00000001;'],
  ['the outcome of a write is unknown', 'M1*;', 'M1*;'],
] as const) {
  t.test(`while ${what}, lists come from MongoDB and nothing is stored`, async (t) => {
    const { id, call } = await someone()
    await call('POST', '/tasks/', { title: 'before' })
    const key = await listKey(id)
    await redis.set(key, value, 'PX', 60_000)
    await insertTasks(id, 1)
    for (let n = 0; n < 3; n++) {
      const answer = await list(call)
      t.equal(answer.headers['cache-status'], BUSY)
      t.same(titles(answer).sort(), ['before', 'task 0'])
    }
    t.equal(await redis.get(key), after, 'nor by the write, which may know less than a reader was shown')
  })
}

t.test('while another reader fills, a list comes from MongoDB, and that reader may not store', async (t) => {
  const { id, call } = await someone()
  await insertTasks(id, 1)
  const key = await listKey(id)
  await redis.set(key, 'Laaaaaaaaaa00000001;', 'PX', 60_000)
  const answer = await list(call)
  t.equal(answer.headers['cache-status'], BUSY)
  t.same(titles(answer), ['task 0'])
  t.equal(await redis.get(key), null)
  t.equal((await list(call)).headers['cache-status'], STORED)
})

t.test('a write beside one in progress is acknowledged, and stores nothing', async (t) => {
  const { id, call, elsewhere } = await someone()
  const key = await listKey(id)
  const other = 'aaaaaaaaaa00000001;'
  await redis.set(key, `M0${other}`, 'PX', 60_000)
  t.equal((await call('POST', '/tasks/', { title: 'a' })).statusCode, 201)
  t.equal(await redis.get(key), `M1${other}`)
  const answer = await list(elsewhere)
  t.equal(answer.headers['cache-status'], BUSY)
  t.same(titles(answer), ['a'])
})

t.test('too many writes of one list at once are 503 and not made', async (t) => {
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

t.test('a list that was evicted is stored again', async (t) => {
  const { id, call } = await someone()
  await call('POST', '/tasks/', { title: 'a' })
  await redis.del(await listKey(id))
  t.equal((await list(call)).headers['cache-status'], STORED)
  t.equal((await list(call)).headers['cache-status'], HIT)
})

t.test('lists and marks do not live for ever', async (t) => {
  const { id, call } = await someone()
  await call('POST', '/tasks/', { title: 'a' })
  const left = await redis.pttl(await listKey(id))
  t.ok(left > 30_000 && left <= 66_000, `${left} ms left`)
})

t.test('a cached list answers 304 to who has it', async (t) => {
  const { call, elsewhere } = await someone()
  await call('POST', '/tasks/', { title: 'a' })
  const { etag } = (await list(call)).headers
  const again = await list(elsewhere, '/tasks/', { 'if-none-match': String(etag) })
  t.equal(again.statusCode, 304)
  t.equal(again.headers['cache-status'], HIT)
  t.equal(again.body, '')
})

t.test('a list of more than a page keeps its next link in the cache', async (t) => {
  const { id, call } = await someone()
  await insertTasks(id, 101)
  const miss = await list(call)
  const hit = await list(call, '/api/v1/tasks/')
  t.equal(hit.headers['cache-status'], HIT)
  t.equal(titles(hit).length, 100)
  t.match(hit.headers.link, /^<\/api\/v1\/tasks\/\?cursor=[\w-]+>; rel="next"$/)
  const next = /<([^>]+)>/.exec(String(miss.headers.link))?.[1] ?? ''
  t.same(titles(await list(call, next)), ['task 0'])
})

t.test('only the whole first page is cached', async (t) => {
  const { call } = await someone()
  await call('POST', '/tasks/', { title: 'a' })
  await call('POST', '/tasks/', { title: 'b' })
  for (const limit of [100, 1_000]) {
    const answer = await list(call, `/tasks/?limit=${limit}`)
    t.equal(answer.headers['cache-status'], HIT, `a limit of ${limit}`)
  }
  const part = await list(call, '/tasks/?limit=1')
  t.equal(part.headers['cache-status'], 'task-lists; fwd=request')
  t.same(titles(part), ['b'])
})

t.test('a list above 512 KiB is answered, though not stored', async (t) => {
  const { id, call, elsewhere } = await someone()
  await insertTasks(id, 100, 'ﷺ'.repeat(4_000))
  for (let n = 0; n < 3; n++) {
    const answer = await list(call)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-status'], 'task-lists; fwd=uri-miss')
    t.equal(titles(answer).length, 100)
    t.equal(await redis.get(await listKey(id)), null)
  }
  t.equal((await call('POST', '/tasks/', { title: 'new' })).statusCode, 201)
  const answer = await list(elsewhere)
  t.not(answer.headers['cache-status'], HIT)
  t.equal(titles(answer)[0], 'new')
})

t.test('scripts survive being flushed', async (t) => {
  const { call, elsewhere } = await someone()
  await call('POST', '/tasks/', { title: 'a' })
  await redis.script('FLUSH')
  t.equal((await call('POST', '/tasks/', { title: 'b' })).statusCode, 201)
  const answer = await list(elsewhere)
  t.same(titles(answer), ['b', 'a'])
  t.equal(answer.headers['cache-status'], HIT)
  await redis.script('FLUSH')
  const other = await someone()
  t.equal((await list(other.call)).headers['cache-status'], STORED)
})

t.test('readers on both instances never see a list go back while it is written to', async (t) => {
  const { call, elsewhere } = await someone()
  const { _id } = (await call('POST', '/tasks/', { title: '0' })).json()
  const seen = { acknowledged: 0, stale: 0, hits: 0 }
  const read = async (reader: Call) => {
    while (seen.acknowledged < WRITES) {
      const least = seen.acknowledged
      const answer = await reader('GET', '/tasks/')
      if (answer.headers['cache-status'] === HIT) seen.hits++
      if (Number(titles(answer)[0]) < least) seen.stale++
    }
  }
  const write = async () => {
    for (let title = 1; title <= WRITES; title++) {
      const writer = title % 2 === 0 ? call : elsewhere
      await until('a write', async () => {
        return (await writer('PUT', `/tasks/${_id}`, { title: `${title}` })).statusCode === 200
      })
      seen.acknowledged = title
    }
  }
  const readers = Array.from({ length: READERS }, (_, n) => read(n % 2 === 0 ? call : elsewhere))
  await Promise.all([write(), ...readers])
  t.equal(seen.stale, 0)
  t.ok(seen.hits > 0, `${seen.hits} hits`)
})

t.test('metrics tell what the cache did', async (t) => {
  await first.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${internalPort}`
  await until('the internal port answers', async () => (await get(`${url}/livez`)).status === 200)
  const { text } = await get(`${url}/metrics`)
  t.match(text, /task_cache_reads_total\{result="hit"\} [1-9]/)
  t.match(text, /task_cache_reads_total\{result="stored"\} [1-9]/)
  t.match(text, /task_cache_reads_total\{result="write-in-progress"\} [1-9]/)
  t.match(text, /task_cache_write_steps_total\{step="marked"\} [1-9]/)
  t.match(text, /task_cache_write_steps_total\{step="joined"\} [1-9]/)
  t.match(text, /task_cache_write_steps_total\{step="stored"\} [1-9]/)
  t.match(text, /task_cache_epoch_changes_total [1-9]/)
  t.match(text, /task_cache_breaker_open 0/)
  t.match(text, /task_cache_stale_total 0/)
})
