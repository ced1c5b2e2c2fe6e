import t from 'tap'
import { done } from './support/done.ts'
import { hexId } from './support/issuer.ts'
import { JSON_TYPE, MERGE_PATCH, type Row, refuses } from './support/refuses.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()

const token = await service.issuer.token({ sub: hexId() })
const admin = await service.issuer.token({ sub: hexId(), role: 'ADMIN' })
const call = service.as(token)
const task = (await done(call, 'POST', '/tasks/', { title: 'as it was' })).json()

const change = { method: 'PUT', url: `/tasks/${task._id}`, token } as const
const patch = { ...change, method: 'PATCH', type: MERGE_PATCH } as const
const list = { method: 'GET', url: '/tasks/', token } as const
const unprocessable = { status: 422, code: 'invalid_input' } as const
const taskNotFound = { status: 404, code: 'task_not_found' } as const
const noSuchPath = { status: 404, code: 'not_found' } as const

const queries: Row[] = [
  ...['x', '%00', '=', 'MTIz', '%ff', "';--", '[object Object]', 'A'.repeat(3_000)].map(
    (cursor): Row => ({
      ...list,
      why: `the cursor ${cursor.slice(0, 16)}`,
      url: `/tasks/?cursor=${cursor}`,
      status: 400,
      code: 'invalid_cursor',
    }),
  ),
  { why: 'an empty cursor', ...list, url: '/tasks/?cursor=', status: 400, code: 'invalid_cursor' },
  {
    why: 'a bad cursor',
    ...list,
    url: '/tasks/all?cursor=x',
    token: admin,
    status: 400,
    code: 'invalid_cursor',
  },
  ...['0', '00', '-1', '1.5', 'x', '', '1e2', '%2B1', ' 1', 'null'].map(
    (limit): Row => ({
      ...list,
      why: `the limit “${limit.slice(0, 16)}”`,
      url: `/tasks/?limit=${limit}`,
      ...unprocessable,
    }),
  ),
  { why: 'two limits', ...list, url: '/tasks/?limit=1&limit=2', ...unprocessable },
  { why: 'two cursors', ...list, url: '/tasks/?cursor=a&cursor=b', ...unprocessable },
  { why: 'a limit of zero', ...list, url: '/tasks/all?limit=0', token: admin, ...unprocessable },
  { why: 'an owner that is no id', ...list, url: '/tasks/all?owner=x', token: admin, ...unprocessable },
  {
    why: 'an operator for an owner',
    ...list,
    url: '/tasks/all?owner[$ne]=1&owner=1',
    token: admin,
    ...unprocessable,
  },
  {
    why: 'two owners',
    ...list,
    url: `/tasks/all?owner=${hexId()}&owner=${hexId()}`,
    token: admin,
    ...unprocessable,
  },
]

const ids: Row[] = [
  ...[
    'x',
    task._id.slice(1),
    `${task._id}0`,
    '%00',
    `${task._id.slice(1)}%00`,
    '$ne',
    '[object Object]',
    '__proto__',
  ].map(
    (id): Row => ({
      ...list,
      why: `the id ${id}`,
      url: `/tasks/${encodeURI(decodeURI(id))}`,
      ...taskNotFound,
    }),
  ),
  { ...list, why: 'an id that is a path', url: '/tasks/..%2f..%2fall', ...taskNotFound },
  { ...list, why: 'an id nobody has', url: `/tasks/${hexId()}`, ...taskNotFound },
  { ...change, why: 'an id nobody has', url: `/tasks/${hexId()}`, body: { title: 'a' }, ...taskNotFound },
  { method: 'DELETE', token: admin, why: 'an id nobody has', url: `/tasks/${hexId()}`, ...taskNotFound },
  { ...list, why: 'an id without end', url: `/tasks/${'a'.repeat(8_000)}`, ...taskNotFound },
  { ...list, why: 'a path that cannot be decoded', url: '/tasks/%ff', ...noSuchPath },
  { ...list, why: 'a path that cannot be decoded', url: '/api/v1/tasks/%', ...noSuchPath },
  { ...list, why: 'a path below a task', url: `/tasks/${task._id}/x`, ...noSuchPath },
  { ...list, why: 'a path there is not', url: '/nowhere', ...noSuchPath },
  { ...list, why: 'the prefix twice', url: '/api/v1/api/v1/tasks/', ...noSuchPath },
  {
    method: 'POST',
    url: `/tasks/${task._id}`,
    token,
    body: {},
    why: 'another method',
    status: 405,
    code: 'method_not_allowed',
  },
  { method: 'DELETE', url: '/internal/owners/x', token: admin, why: 'an internal path', ...noSuchPath },
]

const broken = { body: '{', type: JSON_TYPE } as const
const unauthenticated = { status: 401, code: 'token_missing' } as const
const order: Row[] = [
  { why: 'no token before a bad id', method: 'GET', url: '/tasks/x', ...unauthenticated },
  { why: 'no token before a bad body', method: 'POST', url: '/tasks/', ...broken, ...unauthenticated },
  { why: 'no token before a bad query', method: 'GET', url: '/tasks/?limit=x', ...unauthenticated },
  { why: 'no role before a bad query', ...list, url: '/tasks/all?limit=x', status: 403, code: 'forbidden' },
  { why: 'no role before a bad cursor', ...list, url: '/tasks/all?cursor=x', status: 403, code: 'forbidden' },
  {
    why: 'a bad id before a media type',
    ...change,
    url: '/tasks/x',
    body: 'a',
    type: 'text/plain',
    ...taskNotFound,
  },
  { why: 'a bad id before broken JSON', ...change, url: '/tasks/x', ...broken, ...taskNotFound },
  { why: 'a bad id before a bad field', ...change, url: '/tasks/x', body: { title: 1 }, ...taskNotFound },
  {
    why: 'a bad id before a large body',
    ...patch,
    url: '/tasks/x',
    body: ' '.repeat(70_000),
    ...taskNotFound,
  },
  {
    why: 'a bad field before an unknown id',
    ...change,
    url: `/tasks/${hexId()}`,
    body: { title: 1 },
    ...unprocessable,
  },
  {
    why: 'a bad field before an old version',
    ...change,
    body: { title: 1 },
    headers: { 'if-match': '"9"' },
    ...unprocessable,
  },
  {
    why: 'an unknown id before an old version',
    ...change,
    url: `/tasks/${hexId()}`,
    body: {},
    headers: { 'if-match': '"9"' },
    ...taskNotFound,
  },
  {
    why: 'an old version',
    ...change,
    body: {},
    headers: { 'if-match': '"9"' },
    status: 412,
    code: 'version_mismatch',
  },
  {
    why: 'a weak tag',
    ...change,
    body: {},
    headers: { 'if-match': 'W/"1"' },
    status: 412,
    code: 'version_mismatch',
  },
  {
    why: 'a tag that is none',
    ...change,
    body: {},
    headers: { 'if-match': '$ne' },
    status: 412,
    code: 'version_mismatch',
  },
]

refuses(service, [...queries, ...ids, ...order])

t.test('none of it has changed or made a task', async (t) => {
  t.same((await call('GET', '/tasks/')).json(), [task])
})
