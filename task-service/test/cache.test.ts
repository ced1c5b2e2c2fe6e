import t from 'tap'
import { done } from './support/done.ts'
import { type Call, HIT, insertTasks, list, STORED, titles } from './support/lists.ts'
import { get } from './support/network.ts'
import { openStores } from './support/open-stores.ts'
import { TestService } from './support/service.ts'
import { undisturbed } from './support/undisturbed.ts'
import { until } from './support/until.ts'

const WRITES = 15
const READERS = 6

const first = await TestService.start()
t.teardown(() => first.close())
const second = await first.another()
const { db, redis } = await openStores(t, first.database)
await Promise.all([first.ready(), second.ready()])
await Promise.all([first.cacheOn(), second.cacheOn()])

/** The same user on both instances. */
async function someone() {
  const { id, token, call } = await first.someone()
  return { id, call, elsewhere: second.as(token) }
}

undisturbed('the first reader stores the list, every other one gets it byte for byte', async (t) => {
  const { id, call, elsewhere } = await someone()
  await insertTasks(db, id, 3, 'Käse, “Brot” 🥖\n')
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

undisturbed('an empty list is cached as well', async (t) => {
  const { call } = await someone()
  t.equal((await list(call)).headers['cache-status'], STORED)
  const hit = await list(call)
  t.equal(hit.headers['cache-status'], HIT)
  t.equal(hit.body, '[]')
})

undisturbed('every write shows in the next list on another instance, which stores it', async (t) => {
  const { call, elsewhere } = await someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: '0' })).json()
  let stored = 0
  for (let n = 1; n <= 20; n++) {
    const [writer, reader] = n % 2 === 0 ? [call, elsewhere] : [elsewhere, call]
    t.equal((await writer('PUT', `/tasks/${_id}`, { title: `${n}` })).statusCode, 200)
    const answer = await list(reader)
    t.same(titles(answer), [`${n}`])
    if (answer.headers['cache-status'] === STORED) stored++
  }
  t.ok(stored > 10, `${stored} of 20 are stored`)
  await done(call, 'DELETE', `/tasks/${_id}`)
  t.same(titles(await list(elsewhere)), [])
})

undisturbed('with write-through the next list is a hit', async (t) => {
  const eager = await first.another({ CACHE_WRITE_THROUGH: 'true' })
  await eager.ready()
  await eager.cacheOn()
  const { token, call } = await eager.someone()
  t.equal((await call('POST', '/tasks/', { title: 'a' })).statusCode, 201)
  const answer = await list(first.as(token))
  t.equal(answer.headers['cache-status'], HIT)
  t.same(titles(answer), ['a'])
})

undisturbed('a cached list answers 304 to who has it', async (t) => {
  const { call, elsewhere } = await someone()
  await done(call, 'POST', '/tasks/', { title: 'a' })
  const { etag } = (await list(call)).headers
  const again = await list(elsewhere, '/tasks/', { 'if-none-match': String(etag) })
  t.equal(again.statusCode, 304)
  t.equal(again.headers['cache-status'], HIT)
  t.equal(again.body, '')
})

undisturbed('scripts survive being flushed', async (t) => {
  const { call, elsewhere } = await someone()
  await done(call, 'POST', '/tasks/', { title: 'a' })
  await redis.script('FLUSH')
  t.equal((await call('POST', '/tasks/', { title: 'b' })).statusCode, 201)
  const answer = await list(elsewhere)
  t.same(titles(answer), ['b', 'a'])
  t.equal(answer.headers['cache-status'], STORED)
  await redis.script('FLUSH')
  const other = await someone()
  t.equal((await list(other.call)).headers['cache-status'], STORED)
})

undisturbed('readers on both instances never see a list go back while it is written to', async (t) => {
  const { call, elsewhere } = await someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: '0' })).json()
  const seen = { acknowledged: 0, shown: 0, stale: 0, hits: 0, isOver: false }
  const read = async (reader: Call) => {
    while (!seen.isOver) {
      const least = Math.max(seen.acknowledged, seen.shown)
      const answer = await reader('GET', '/tasks/')
      if (answer.headers['cache-status'] === HIT) seen.hits++
      const title = Number(titles(answer)[0])
      if (title < least) seen.stale++
      seen.shown = Math.max(seen.shown, title)
    }
  }
  const write = async () => {
    for (let title = 1; title <= WRITES; title++) {
      const writer = title % 2 === 0 ? call : elsewhere
      await until('a write', async () => {
        return (await writer('PUT', `/tasks/${_id}`, { title: `${title}` })).statusCode === 200
      })
      seen.acknowledged = title
      const hitsBefore = seen.hits
      await until('the list comes from the cache again', async () => seen.hits > hitsBefore)
    }
  }
  const readers = Array.from({ length: READERS }, (_, n) => read(n % 2 === 0 ? call : elsewhere))
  await write().finally(() => {
    seen.isOver = true
  })
  await Promise.all(readers)
  t.equal(seen.stale, 0)
})

const url = await first.app.internal.listen({ host: '127.0.0.1', port: 0 })

undisturbed('metrics tell what the cache did', async (t) => {
  const { text } = await get(`${url}/metrics`)
  t.match(text, /task_cache_reads_total\{result="hit"\} [1-9]/)
  t.match(text, /task_cache_reads_total\{result="stored"\} [1-9]/)
  t.match(text, /task_cache_write_steps_total\{step="marked"\} [1-9]/)
  t.match(text, /task_cache_write_steps_total\{step="dropped"\} [1-9]/)
  t.match(text, /task_cache_epoch_changes_total \d/)
  t.match(text, /task_cache_breaker_open 0/)
  t.match(text, /task_cache_stale_total 0/)
})
