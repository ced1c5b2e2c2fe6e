import t from 'tap'
import { done } from './support/done.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()

const someone = (claims: object = {}) => service.someone(claims)

t.test('a created task is answered whole, with its location and version', async (t) => {
  const { id, call } = await someone()
  const answer = await call('POST', '/tasks/', { title: 'Milk', description: 'two litres' })
  t.equal(answer.statusCode, 201)
  const task = answer.json()
  t.match(task, {
    _id: /^[0-9a-f]{24}$/,
    title: 'Milk',
    description: 'two litres',
    completed: false,
    completed_at: null,
    due_at: null,
    priority: 0,
    labels: [],
    owner_id: id,
    version: 1,
  })
  t.equal(answer.headers.location, `/tasks/${task._id}`)
  t.equal(answer.headers.etag, '"1"')
  t.same((await call('GET', `/tasks/${task._id}`)).json(), task)
})

t.test('the location and the next link keep the prefix that the client used', async (t) => {
  const { call } = await someone()
  const answer = await call('POST', '/api/v1/tasks', { title: 'a' })
  t.equal(answer.headers.location, `/api/v1/tasks/${answer.json()._id}`)
  await done(call, 'POST', '/api/v1/tasks', { title: 'b' })
  const page = await call('GET', '/api/v1/tasks/?limit=1')
  t.match(page.headers.link, /^<\/api\/v1\/tasks\/\?limit=1&cursor=[\w-]+>; rel="next"$/)
})

t.test('lists are bare arrays, newest first, and cursors lead through all of them once', async (t) => {
  const { call } = await someone()
  const made: string[] = []
  for (let n = 0; n < 7; n++) made.unshift((await call('POST', '/tasks/', { title: `task ${n}` })).json()._id)
  const seen: string[] = []
  let url: string | undefined = '/tasks/?limit=3'
  while (url) {
    const page = await call('GET', url)
    seen.push(...page.json().map((task: { _id: string }) => task._id))
    url = /<([^>]+)>/.exec(String(page.headers.link ?? ''))?.[1]
    // A task added meanwhile does not shift the pages.
    if (seen.length === 3) await call('POST', '/tasks/', { title: 'late' })
  }
  t.same(seen, made)
})

t.test('a limit above the maximum is cut to it', async (t) => {
  const { call } = await someone()
  for (let made = 0; made <= 100; made++)
    t.equal((await call('POST', '/tasks/', { title: 'one of many' })).statusCode, 201)
  const page = await call('GET', '/tasks/?limit=100000')
  t.equal(page.json().length, 100)
  t.match(page.headers.link, /rel="next"/)
})

t.test(
  'the next link repeats nothing that was not understood, so that no proxy finds it too long',
  async (t) => {
    const { call } = await someone()
    for (const title of ['a', 'b']) await call('POST', '/tasks/', { title })
    const page = await call('GET', `/tasks/?limit=1&x=${'('.repeat(5_000)}`)
    t.equal(page.statusCode, 200)
    t.match(page.headers.link, /^<\/tasks\/\?limit=1&cursor=[\w-]+>; rel="next"$/)
  },
)

t.test("another user's task is not found, whatever is tried on it", async (t) => {
  const owner = await someone()
  const stranger = await someone()
  const { _id } = (await owner.call('POST', '/tasks/', { title: 'secret' })).json()
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
    const answer = await stranger.call(
      method,
      `/tasks/${_id}`,
      method === 'PUT' || method === 'PATCH' ? { title: 'x' } : undefined,
    )
    t.equal(answer.statusCode, 404, method)
    t.equal(answer.json().code, 'task_not_found', method)
  }
  t.equal((await owner.call('GET', `/tasks/${_id}`)).json().title, 'secret')
})

t.test('an update changes what it names, keeps the rest and counts the version', async (t) => {
  const { call } = await someone()
  const before = (await done(call, 'POST', '/tasks/', { title: 'a', description: 'd', labels: ['x'] })).json()
  const after = (await call('PUT', `/tasks/${before._id}`, { completed: true })).json()
  t.match(after, { title: 'a', description: 'd', labels: ['x'], completed: true, version: 2 })
  t.ok(after.completed_at)
  const patched = await call('PATCH', `/tasks/${before._id}`, '{"description":null}', {
    'content-type': 'application/merge-patch+json',
  })
  t.match(patched.json(), { description: null, version: 3 })
})

t.test('what was read can be put back as it is', async (t) => {
  const { call } = await someone()
  const task = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  const answer = await call('PUT', `/tasks/${task._id}`, { ...task, title: 'b' })
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { title: 'b', owner_id: task.owner_id, created_at: task.created_at })
})

t.test('a task from before there were versions is at its first, and can be changed', async (t) => {
  const { call } = await someone()
  const ids = []
  for (const title of ['a', 'b']) ids.push((await done(call, 'POST', '/tasks/', { title })).json()._id)
  const { db } = service.app.mongo
  await db?.collection('tasks').updateMany({}, { $unset: { version: true } })
  t.match((await call('PUT', `/tasks/${ids[0]}`, { title: 'c' })).json(), { title: 'c', version: 2 })
  const removed = await call('DELETE', `/tasks/${ids[1]}`, undefined, { 'if-match': '"1"' })
  t.equal(removed.statusCode, 200)
})

t.test('If-Match refuses a change of a version that is no longer current', async (t) => {
  const { call } = await someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  t.equal((await call('PUT', `/tasks/${_id}`, { title: 'b' }, { 'if-match': '"1"' })).statusCode, 200)
  for (const [method, body] of [
    ['PUT', { title: 'c' }],
    ['DELETE', undefined],
  ] as const) {
    const answer = await call(method, `/tasks/${_id}`, body, { 'if-match': '"1"' })
    t.equal(answer.statusCode, 412, method)
    t.equal(answer.json().code, 'version_mismatch')
  }
  t.equal((await call('DELETE', `/tasks/${_id}`, undefined, { 'if-match': '"2"' })).statusCode, 200)
})

t.test('50 concurrent updates of one task are all applied, one after the other', async (t) => {
  const { call } = await someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => call('PUT', `/tasks/${_id}`, { priority: n % 4 })),
  )
  const acknowledged = answers.filter((answer) => answer.statusCode === 200)
  const unknown = answers.filter(
    (answer) => answer.statusCode === 503 && answer.json().code === 'outcome_unknown',
  )
  const versions = acknowledged.map((answer) => answer.json().version)
  t.equal(new Set(versions).size, versions.length, 'no two got the same version')
  const changes = (await call('GET', `/tasks/${_id}`)).json().version - 1
  t.ok(changes >= acknowledged.length, 'none was lost')
  t.ok(changes <= acknowledged.length + unknown.length, 'none was applied twice')
  t.ok(answers.every((answer) => answer.statusCode === 200 || answer.statusCode === 503))
})

t.test('a deleted task is gone, and a second deletion says so', async (t) => {
  const { call } = await someone()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  t.same((await call('DELETE', `/tasks/${_id}`)).json(), { message: 'Task deleted successfully' })
  t.equal((await call('DELETE', `/tasks/${_id}`)).statusCode, 404)
  t.same((await call('GET', '/tasks/')).json(), [])
})

t.test('an administrator lists and deletes tasks of others, a user does not', async (t) => {
  const owner = await someone()
  const admin = await someone({ role: 'ADMIN' })
  const { _id } = (await owner.call('POST', '/tasks/', { title: 'a' })).json()
  const refused = await owner.call('GET', '/tasks/all')
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().code, 'forbidden')
  t.match((await admin.call('GET', `/tasks/all?owner=${owner.id}`)).json(), [{ _id, owner_id: owner.id }])
  t.equal((await admin.call('DELETE', `/tasks/${_id}`)).statusCode, 200)
  t.same((await owner.call('GET', '/tasks/')).json(), [])
})

t.test('an unchanged answer is 304', async (t) => {
  const { call } = await someone()
  const task = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  const list = await call('GET', '/tasks/')
  t.equal(list.headers['cache-control'], 'private, no-cache')
  const again = await call('GET', '/tasks/', undefined, { 'if-none-match': String(list.headers.etag) })
  t.equal(again.statusCode, 304)
  t.equal(again.body, '')
  t.equal((await call('GET', `/tasks/${task._id}`, undefined, { 'if-none-match': 'W/"1"' })).statusCode, 304)
  await done(call, 'PUT', `/tasks/${task._id}`, { title: 'b' })
  t.equal(
    (await call('GET', '/tasks/', undefined, { 'if-none-match': String(list.headers.etag) })).statusCode,
    200,
  )
})
