import { readFileSync } from 'node:fs'
import { MongoClient, ObjectId } from 'mongodb'
import t, { type Test } from 'tap'
import { done } from './support/done.ts'
import { TestService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'
import { until } from './support/until.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
await service.cacheOn()
const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
const mongo = new MongoClient(mongodbUri)
t.teardown(() => mongo.close())
const documents = mongo.db(service.database).collection('tasks')

const SECRET = 'nobody else’s business'
const KEY = { 'idempotency-key': 'same' }

type Someone = Awaited<ReturnType<TestService['someone']>>

/** An owner with a task and one in the bin; both are in the cache and in the database. */
async function newOwner() {
  const owner = await service.someone()
  const live = (await owner.call('POST', '/tasks/', { title: SECRET, labels: ['secret'] }, KEY)).json()
  const gone = (await owner.call('POST', '/tasks/', { title: SECRET })).json()
  await owner.call('DELETE', `/tasks/${gone._id}`)
  await owner.call('GET', '/tasks/')
  const stored = () =>
    documents
      .find({ owner_id: new ObjectId(owner.id) })
      .sort({ _id: 1 })
      .toArray()
  return { ...owner, live: live._id as string, gone: gone._id as string, stored, before: await stored() }
}

type Owner = Awaited<ReturnType<typeof newOwner>>

interface Row {
  /** What somebody asks about an owner's tasks */
  ask: (caller: Someone, owner: Owner) => Promise<{ statusCode: number; body: string }>
  /** The answer to another user */
  user: number
  /** And to an administrator, who may do what is named */
  admin: number
  may?: 'see' | 'delete'
  /** The status of each item, in place of the whole */
  items?: number
}

/** By method and path, as in openapi.json */
const ROUTES: Record<string, Row> = {
  'GET /tasks': { ask: ({ call }) => call('GET', '/tasks/?q=nobody'), user: 200, admin: 200 },
  'POST /tasks': {
    ask: ({ call }) => call('POST', '/tasks/', { title: 'mine' }, KEY),
    user: 201,
    admin: 201,
  },
  'GET /tasks/all': {
    ask: ({ call }, { id }) => call('GET', `/tasks/all?owner=${id}`),
    user: 403,
    admin: 200,
    may: 'see',
  },
  'POST /tasks/bulk': {
    ask: ({ call }, { live, gone }) =>
      call('POST', '/tasks/bulk', [
        { op: 'update', _id: live, version: 1, title: 'mine' },
        { op: 'delete', _id: live, version: 1 },
        { op: 'update', _id: gone, version: 2, title: 'mine' },
      ]),
    user: 200,
    admin: 200,
    items: 404,
  },
  'GET /tasks/{id}': { ask: ({ call }, { live }) => call('GET', `/tasks/${live}`), user: 404, admin: 404 },
  'PUT /tasks/{id}': {
    ask: ({ call }, { live }) => call('PUT', `/tasks/${live}`, { title: 'mine' }),
    user: 404,
    admin: 404,
  },
  'PATCH /tasks/{id}': {
    ask: ({ call }, { live }) => call('PATCH', `/tasks/${live}`, { title: 'mine' }, { 'if-match': '"1"' }),
    user: 404,
    admin: 404,
  },
  'DELETE /tasks/{id}': {
    ask: ({ call }, { live }) => call('DELETE', `/tasks/${live}`),
    user: 404,
    admin: 200,
    may: 'delete',
  },
  'POST /tasks/{id}/restore': {
    ask: ({ call }, { gone }) => call('POST', `/tasks/${gone}/restore`),
    user: 404,
    admin: 404,
  },
  'GET /tasks/events': { ask: listen, user: 200, admin: 200 },
}

/** What a stream tells until it has told of the listener's own task, after one of the owner's was made. */
async function listen({ token, call }: Someone, owner: Owner) {
  const abort = new AbortController()
  const headers = { authorization: `Bearer ${token}`, 'last-event-id': `${Date.now() - 60_000}` }
  const response = await fetch(`${url}/tasks/events`, { headers, signal: abort.signal })
  let body = ''
  const read = async () => {
    for await (const chunk of response.body ?? []) body += Buffer.from(chunk).toString()
  }
  read().catch(() => {})
  const made = [
    await owner.call('POST', '/tasks/', { title: SECRET }),
    await done(call, 'POST', '/tasks/', { title: 'mine' }),
  ]
  const [secret, mine] = made.map((answer) => answer.json()._id)
  await until('their own is told', () => body.includes(mine))
  abort.abort()
  await documents.deleteOne({ _id: new ObjectId(secret) })
  return { statusCode: response.status, body }
}

async function isolates(t: Test, caller: Someone, row: Row, role: 'user' | 'admin'): Promise<void> {
  const owner = await newOwner()
  const { statusCode, body } = await row.ask(caller, owner)
  t.equal(statusCode, row[role])
  if (row.items)
    t.same(new Set(JSON.parse(body).map(({ status }: { status: number }) => status)), new Set([row.items]))
  const may = role === 'admin' ? row.may : undefined
  for (const secret of [SECRET, owner.live, owner.gone, owner.id])
    if (may !== 'see') t.notOk(body.includes(secret), 'nothing of the owner is in the answer')
  if (may === 'see') t.ok(body.includes(owner.live) && !body.includes(owner.gone))
  const after = await owner.stored()
  if (may !== 'delete') return void t.strictSame(after, owner.before, 'and nothing of the owner has changed')
  t.match(after[0], { title: SECRET, version: 2, deleted_at: Date })
  t.strictSame(after.slice(1), owner.before.slice(1))
}

const { paths } = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'))
const documented = Object.entries(paths as Record<string, object>).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
)

t.test('every documented route stands in the table, and no other', async (t) => {
  t.same(Object.keys(ROUTES).sort(), documented.sort())
})

for (const [route, row] of Object.entries(ROUTES)) {
  t.test(`${route} tells another user nothing of an owner's tasks, and changes none`, async (t) => {
    await isolates(t, await service.someone(), row, 'user')
  })
  t.test(`${route} lets an administrator ${row.may ?? 'do no more'}`, async (t) => {
    await isolates(t, await service.someone({ role: 'ADMIN' }), row, 'admin')
  })
}
