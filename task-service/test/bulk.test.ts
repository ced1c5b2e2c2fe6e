import t from 'tap'
import { done } from './support/done.ts'
import { hexId } from './support/issuer.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start({ MAX_TASKS_PER_OWNER: '6' })
t.teardown(() => service.close())
await service.ready()
await service.cacheOn()

t.test('operations are made in their order, each with a result of its own', async (t) => {
  const { call } = await service.someone()
  const stranger = (await (await service.someone()).call('POST', '/tasks/', { title: 'not yours' })).json()
  const kept = (await done(call, 'POST', '/tasks/', { title: 'a', priority: 1 })).json()
  const gone = (await done(call, 'POST', '/tasks/', { title: 'b' })).json()
  t.equal((await call('GET', '/tasks/')).json().length, 2, 'it is cached')
  const answer = await call('POST', '/tasks/bulk', [
    { op: 'create', title: 'c', labels: ['x'] },
    { op: 'update', _id: kept._id, version: 1, title: 'a2', priority: null },
    { op: 'update', _id: kept._id, version: 1, title: 'late' },
    { op: 'delete', _id: gone._id, version: 1 },
    { op: 'delete', _id: gone._id, version: 2 },
    { op: 'update', _id: stranger._id, version: 1, title: 'mine' },
    { op: 'delete', _id: hexId(), version: 1 },
    { op: 'create', title: 'd', due_at: '2016-12-31T23:59:60Z' },
  ])
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), [
    { status: 201, task: { title: 'c', labels: ['x'], version: 1 } },
    { status: 200, task: { _id: kept._id, title: 'a2', priority: 0, version: 2 } },
    { status: 412, problem: { code: 'version_mismatch', request_id: answer.headers['x-request-id'] } },
    { status: 200 },
    { status: 404, problem: { code: 'task_not_found' } },
    { status: 404, problem: { code: 'task_not_found' } },
    { status: 404, problem: { code: 'task_not_found' } },
    { status: 422, problem: { code: 'invalid_input' } },
  ])
  const titles = (await call('GET', '/tasks/')).json().map(({ title }: { title: string }) => title)
  t.same(titles.sort(), ['a2', 'c'], 'the cached list knows')
  t.equal((await call('POST', `/tasks/${gone._id}/restore`)).statusCode, 200)
})

t.test('repeated with its key, it makes nothing twice', async (t) => {
  const { call } = await service.someone()
  const headers = { 'idempotency-key': 'one' }
  const operations = [
    { op: 'create', title: 'a' },
    { op: 'create', title: 'b' },
  ]
  const first = await call('POST', '/tasks/bulk', operations, headers)
  const [one, other] = first.json()
  t.not(one.task._id, other.task._id)
  t.equal((await call('POST', '/tasks/bulk', operations, headers)).body, first.body)
  t.equal((await call('GET', '/tasks/')).json().length, 2)
  t.equal(
    (await call('POST', '/tasks/bulk', operations.slice(1), headers)).json().code,
    'idempotency_key_reused',
  )
  const { _id } = one.task
  const change = [{ op: 'update', _id, version: 1, title: 'c' }]
  const again = { 'idempotency-key': 'two' }
  t.match((await call('POST', '/tasks/bulk', change, again)).json(), [{ status: 200 }])
  t.match((await call('POST', '/tasks/bulk', change, again)).json(), [{ status: 412 }])
  t.equal((await call('GET', `/tasks/${_id}`)).json().version, 2)
})

t.test('creations that there is no room for are refused, those before them are made', async (t) => {
  const { call } = await service.someone()
  const operations = Array.from({ length: 8 }, (_, n) => ({ op: 'create', title: `${n}` }))
  const headers = { 'idempotency-key': 'full' }
  const statuses = async () =>
    (await call('POST', '/tasks/bulk', operations, headers))
      .json()
      .map(({ status }: { status: number }) => status)
  for (let n = 0; n < 2; n++) t.same(await statuses(), [201, 201, 201, 201, 201, 201, 409, 409])
  t.equal((await call('GET', '/tasks/')).json().length, 6)
})

t.test('what is no list of operations is refused whole', async (t) => {
  const { call } = await service.someone()
  const create = { op: 'create', title: 'a' }
  for (const body of [
    [],
    {},
    Array(101).fill(create),
    [create, { op: 'rename' }],
    [create, { op: 'create' }],
    [create, { op: 'create', title: 'a', _id: hexId() }],
    [create, { op: 'update', _id: hexId(), title: 'a' }],
    [create, { op: 'update', _id: 'x', version: 1 }],
    [create, { op: 'delete', _id: hexId(), version: 0 }],
    [create, { op: 'delete', _id: hexId(), version: 1, title: 'a' }],
  ]) {
    const answer = await call('POST', '/tasks/bulk', body)
    t.equal(answer.statusCode, 422, JSON.stringify(body).slice(0, 60))
    t.equal(answer.json().code, 'invalid_input')
  }
  t.same((await call('GET', '/tasks/')).json(), [])
  t.equal(
    (await service.app.inject({ method: 'POST', url: '/tasks/bulk', payload: [create] })).statusCode,
    401,
  )
})
