import { ObjectId } from 'mongodb'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const service = await startService(t)
const { app } = service
const second = await startInstance(t, service.environment)
const database = service.mongo.db(service.environment.MONGODB_DATABASE)
const [users, sessions] = [database.collection('users'), database.collection('sessions')]
const NEW_PASSWORD = 'a quiet walk along the river'

function change(token: string, current: string, next = NEW_PASSWORD, on = app) {
  return call(on, 'POST', '/auth/password', { current_password: current, new_password: next }, token)
}

function isIn(token: string): Promise<boolean> {
  return call(app, 'GET', '/auth/me', undefined, token).then(({ status }) => status === 200)
}

t.test('a password is changed by whoever knows the old one; the other sessions end', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const elsewhere = await login(app, email)
  t.match(await change(tokens.access_token, 'wrong'), { status: 403, body: { code: 'wrong_password' } })
  t.match(await change(tokens.access_token, PASSWORD, 'short'), {
    status: 400,
    body: { code: 'password_weak' },
  })
  t.ok(await isIn(elsewhere.access_token))
  t.equal((await change(tokens.access_token, PASSWORD)).status, 204)
  t.ok(await isIn(tokens.access_token))
  t.notOk(await isIn(elsewhere.access_token))
  const { refresh_token } = elsewhere
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token: tokens.refresh_token })).status, 200)
  const attempt = (password: string) => call(app, 'POST', '/auth/login', { email, password })
  t.equal((await attempt(PASSWORD)).status, 401)
  t.equal((await attempt(NEW_PASSWORD)).status, 200)
  t.equal((await users.findOne({ email }))?.ending_sessions_at, undefined, 'nothing is left to do')
})

t.test('a session opened with the old password while it is replaced is none', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const logins = Array.from({ length: 8 }, (_, i) =>
    call(i % 2 ? app : second, 'POST', '/auth/login', { email, password: PASSWORD }),
  )
  const changed = await change(tokens.access_token, PASSWORD)
  t.equal(changed.status, 204)
  for (const { status, body } of await Promise.all(logins)) {
    if (status === 200) t.notOk(await isIn(body.access_token))
  }
  t.ok(await isIn(tokens.access_token))
})

t.test('a change that a crash cut short is finished, and spares the session that made it', async (t) => {
  const { id, email, tokens } = await loggedIn(app)
  const elsewhere = await login(app, email)
  const [mine] = await sessions
    .find({ user_id: new ObjectId(id) })
    .sort({ _id: 1 })
    .toArray()
  const at = new Date(Date.now() - 60_000)
  await sessions.updateMany(
    { user_id: new ObjectId(id) },
    { $set: { created_at: new Date(at.getTime() - 1_000) } },
  )
  const note = { ending_sessions_at: at, ending_reason: 'password_changed', ending_spared: String(mine?._id) }
  await users.updateOne({ email }, { $set: note })
  await startInstance(t, service.environment)
  await until('the other session has ended', async () => !(await isIn(elsewhere.access_token)))
  await until('the note is gone', async () => !(await users.findOne({ email }))?.ending_sessions_at)
  t.ok(await isIn(tokens.access_token))
  t.equal((await users.findOne({ email }))?.ending_spared, undefined)
})

t.test('wrong passwords of somebody logged in count with those of log-ins', async (t) => {
  const limited = await startInstance(t, { ...service.environment, LOGIN_LIMIT_PER_MINUTE: '1000' })
  const { tokens } = await loggedIn(limited)
  const answers = []
  for (let i = 0; i < 7; i++) answers.push(await change(tokens.access_token, 'wrong', NEW_PASSWORD, limited))
  t.ok(answers.some(({ status, body }) => status === 429 && body.code === 'too_many_attempts'))
  t.ok(answers.slice(0, 5).every(({ status }) => status === 403))
})

t.test('one deletes one’s own account with one’s password', async (t) => {
  const { id, email, tokens } = await loggedIn(app)
  const remove = (password: string) => call(app, 'DELETE', '/auth/me', { password }, tokens.access_token)
  t.match(await remove('wrong'), { status: 403, body: { code: 'wrong_password' } })
  t.ok(await isIn(tokens.access_token))
  t.equal((await remove(PASSWORD)).status, 202)
  t.notOk(await isIn(tokens.access_token))
  t.equal((await call(app, 'POST', '/auth/login', { email, password: PASSWORD })).status, 401)
  const erasures = await database.collection('erasures').find().toArray()
  t.ok(
    erasures.some(({ _id }) => String(_id) === id),
    'the tasks are noted for deletion',
  )
})

t.test('the last administrator cannot leave', async (t) => {
  const admin = await newAdmin(service)
  const leaving = await call(app, 'DELETE', '/auth/me', { password: PASSWORD }, admin.tokens.access_token)
  t.match(leaving, { status: 409, body: { code: 'last_admin' } })
  t.ok(await isIn(admin.tokens.access_token))
})

t.test('who gave no name has none, and can put back what was read', async (t) => {
  const { tokens } = await loggedIn(app)
  const { body } = await call(app, 'GET', '/auth/me', undefined, tokens.access_token)
  t.equal(body.name, null)
  t.match(await call(app, 'PATCH', '/auth/me', body, tokens.access_token), {
    status: 200,
    body: { name: null },
  })
  t.match(await call(app, 'PATCH', '/auth/me', { name: 'Ada' }, tokens.access_token), {
    body: { name: 'Ada' },
  })
})
