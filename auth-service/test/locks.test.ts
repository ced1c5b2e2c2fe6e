import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const service = await startService(t)
const { app } = service
const second = await startInstance(t, service.environment)
const users = service.mongo.db(service.environment.MONGODB_DATABASE).collection('users')
const admin = await newAdmin(service)
const other = await newAdmin(service)

function lock(id: string, token = admin.tokens.access_token, what = 'lock', on = app) {
  return call(on, 'POST', `/users/${id}/${what}`, undefined, token)
}

t.test('a locked user is out at once, and in again once unlocked', async (t) => {
  const user = await loggedIn(app)
  t.equal((await lock(user.id)).status, 204)
  t.equal((await call(app, 'GET', '/auth/me', undefined, user.tokens.access_token)).status, 401)
  const { refresh_token } = user.tokens
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
  const attempt = (password: string) => call(app, 'POST', '/auth/login', { email: user.email, password })
  t.match(await attempt(PASSWORD), { status: 403, body: { code: 'account_locked' } })
  t.match(
    await attempt('wrong'),
    { status: 401, body: { code: 'credentials_wrong' } },
    'only the owner is told',
  )
  t.equal((await lock(user.id)).status, 204, 'again')
  t.equal((await lock(user.id, undefined, 'unlock')).status, 204)
  t.equal((await lock(user.id, undefined, 'unlock')).status, 204, 'again')
  t.ok((await login(app, user.email)).access_token)
  t.equal(
    (await call(app, 'POST', '/auth/refresh', { refresh_token })).status,
    401,
    'the old session stays ended',
  )
})

t.test('only administrators lock and unlock; unknown users are 404', async (t) => {
  const user = await loggedIn(app)
  for (const what of ['lock', 'unlock']) {
    t.equal((await lock(user.id, user.tokens.access_token, what)).status, 403)
    for (const id of ['x', 'f'.repeat(24)]) t.equal((await lock(id, undefined, what)).status, 404)
  }
})

t.test('of two administrators who lock each other at once, one stays', async (t) => {
  await users.updateMany({ email: { $nin: [admin.email, other.email] } }, { $set: { role: 'USER' } })
  const answers = await Promise.all([
    lock(other.id, admin.tokens.access_token),
    lock(admin.id, other.tokens.access_token, 'lock', second),
  ])
  const able = { role: 'ADMIN', locked_at: { $exists: false } }
  t.equal(await users.countDocuments(able), 1, answers.map(({ status }) => status).join())
  const [left] = await users.find(able).toArray()
  const { access_token } = await login(app, left?.email)
  t.match(await lock(String(left?._id), access_token), { status: 409, body: { code: 'last_admin' } })
})

t.test('a log-in that races with a lock leaves nobody logged in', async (t) => {
  const [able] = await users.find({ role: 'ADMIN', locked_at: { $exists: false } }).toArray()
  const { access_token } = await login(app, able?.email)
  const user = await loggedIn(app)
  const attempts = Array.from({ length: 6 }, (_, i) =>
    call(i % 2 ? app : second, 'POST', '/auth/login', { email: user.email, password: PASSWORD }),
  )
  const refreshes = Array.from({ length: 6 }, () =>
    call(second, 'POST', '/auth/refresh', { refresh_token: user.tokens.refresh_token }),
  )
  t.equal((await lock(user.id, access_token)).status, 204)
  for (const { status, body } of await Promise.all([...attempts, ...refreshes])) {
    if (status === 200)
      t.equal((await call(app, 'GET', '/auth/me', undefined, body.access_token)).status, 401)
  }
})
