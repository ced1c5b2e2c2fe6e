import { ObjectId } from 'mongodb'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'

const start = Date.now()
let passedMs = 0
const service = await startService(t, {}, () => new Date(start + passedMs))
const { app } = service
const sessions = service.mongo.db(service.environment.MONGODB_DATABASE).collection('sessions')

async function listOf(token: string) {
  const { status, body } = await call(app, 'GET', '/auth/sessions', undefined, token)
  t.equal(status, 200)
  return body as { _id: string; current: boolean; device: string | null; last_used_at: string }[]
}

function isIn(token: string): Promise<boolean> {
  return call(app, 'GET', '/auth/me', undefined, token).then(({ status }) => status === 200)
}

t.test('one sees where one is logged in, with device, address and times, the last used first', async (t) => {
  const { email, tokens } = await loggedIn(app)
  passedMs += 60_000
  await app.inject({
    method: 'POST',
    url: '/auth/login',
    payload: { email, password: PASSWORD },
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' },
    remoteAddress: '192.0.2.7',
  })
  passedMs += 60_000
  const at = new Date(start + passedMs).toISOString()
  await call(app, 'POST', '/auth/refresh', { refresh_token: tokens.refresh_token })
  const list = await listOf(tokens.access_token)
  t.match(list, [
    { current: true, last_used_at: at, created_at: new Date(start).toISOString() },
    { current: false, device: 'Firefox on Linux', address: '192.0.2.7' },
  ])
  t.equal(list.length, 2)
})

t.test('one ends a session of one’s own by its id, and nobody else’s', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const other = await login(app, email)
  const stranger = await loggedIn(app)
  const id = (await listOf(tokens.access_token)).find(({ current }) => !current)?._id ?? ''
  const end = (token: string, which = id) => call(app, 'DELETE', `/auth/sessions/${which}`, undefined, token)
  t.match(await end(stranger.tokens.access_token), { status: 404, body: { code: 'session_not_found' } })
  t.ok(await isIn(other.access_token))
  t.equal((await end(tokens.access_token)).status, 204)
  t.notOk(await isIn(other.access_token))
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token: other.refresh_token })).status, 401)
  t.equal((await end(tokens.access_token)).status, 404, 'it has ended')
  for (const unknown of ['x', 'f'.repeat(24)]) t.equal((await end(tokens.access_token, unknown)).status, 404)
  t.equal((await listOf(tokens.access_token)).length, 1)
})

t.test(
  'an account has a hundred sessions at most: those without a live token go first, longest unused',
  async (t) => {
    const { id, email, tokens } = await loggedIn(app)
    const user_id = new ObjectId(id)
    const [{ _id, ...kept }] = (await sessions.find({ user_id }).toArray()) as [{ _id: ObjectId }]
    const now = start + passedMs
    const copies = Array.from({ length: 100 }, (_, i) => ({
      ...kept,
      _id: new ObjectId(),
      rotated_at: new Date(now - 3_600_000 - i),
      access_until: new Date(now + (i < 50 ? 60_000 : -60_000)),
    }))
    await sessions.insertMany(copies)
    await login(app, email)
    const open = { user_id, revoked_at: { $exists: false } }
    t.equal(await sessions.countDocuments(open), 100)
    const ended = await sessions.find({ user_id, end_reason: 'too_many' }).toArray()
    t.strictSame(
      new Set(ended.map(({ _id }) => String(_id))),
      new Set([copies[99], copies[98]].map((c) => String(c?._id))),
    )
    t.ok(await isIn(tokens.access_token))
    t.equal((await listOf(tokens.access_token)).length, 100)
  },
)

t.test('an administrator sees and ends the sessions of a user, and nobody else does', async (t) => {
  const admin = await newAdmin(service)
  const user = await loggedIn(app)
  const url = `/users/${user.id}/sessions`
  for (const method of ['GET', 'DELETE'] as const) {
    t.equal((await call(app, method, url, undefined, user.tokens.access_token)).status, 403)
    for (const id of ['x', 'f'.repeat(24)]) {
      const unknown = await call(app, method, `/users/${id}/sessions`, undefined, admin.tokens.access_token)
      t.match(unknown, { status: 404, body: { code: 'user_not_found' } })
    }
  }
  const { status, body } = await call(app, 'GET', url, undefined, admin.tokens.access_token)
  t.match({ status, body }, { status: 200, body: [{ current: false }] })
  t.equal(body.length, 1)
  t.equal((await call(app, 'DELETE', url, undefined, admin.tokens.access_token)).status, 204)
  t.notOk(await isIn(user.tokens.access_token))
  t.strictSame((await call(app, 'GET', url, undefined, admin.tokens.access_token)).body, [])
})
