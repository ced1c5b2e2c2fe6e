import { ObjectId } from 'mongodb'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, newEmail, register } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const service = await startService(t)
const { app } = service
const second = await startInstance(t, service.environment)
const database = service.mongo.db(service.environment.MONGODB_DATABASE)
const users = database.collection('users')
const sessions = database.collection('sessions')

/** Sessions that task-service does not hear of as ended. */
function openSessions(userId: string): Promise<number> {
  const filter = { user_id: new ObjectId(userId), revoked_at: { $exists: false } }
  return sessions.countDocuments(filter)
}

function adminCount(): Promise<number> {
  return users.countDocuments({ role: 'ADMIN' })
}

t.beforeEach(async () => {
  await users.updateMany({}, { $set: { role: 'USER' } })
})

t.test('the last administrator can be neither demoted nor deleted', async (t) => {
  const { id, tokens } = await newAdmin(service)
  const token = tokens.access_token
  for (const [method, body] of [
    ['PUT', { role: 'USER' }],
    ['PATCH', { role: 'USER', name: 'x' }],
    ['DELETE', undefined],
  ] as const) {
    t.match(await call(app, method, `/users/${id}`, body, token), {
      status: 409,
      body: { code: 'last_admin' },
    })
  }
  const me = await call(app, 'GET', '/auth/me', undefined, token)
  t.match(me, { status: 200, body: { role: 'ADMIN', name: null } }, 'and nothing changed')
})

t.test('a locked administrator does not count as one who stays', async (t) => {
  const { id, tokens } = await newAdmin(service)
  const locked = await newAdmin(service)
  await users.updateOne({ email: locked.email }, { $set: { locked_at: new Date() } })
  const { status } = await call(app, 'DELETE', `/users/${id}`, undefined, tokens.access_token)
  t.equal(status, 409)
})

for (const round of [1, 2, 3, 4, 5]) {
  t.test(`of administrators who all demote or leave at once one stays (${round})`, async (t) => {
    const admins = await Promise.all(Array.from({ length: 4 }, () => newAdmin(service)))
    const answers = await Promise.all(
      admins.map(({ id, tokens }, i) => {
        const instance = i % 2 ? app : second
        if (i < 2) return call(instance, 'PATCH', `/users/${id}`, { role: 'USER' }, tokens.access_token)
        return call(instance, 'DELETE', `/users/${id}`, undefined, tokens.access_token)
      }),
    )
    t.ok(
      answers.every(({ status }) => status === 200 || status === 409),
      answers.map(({ status }) => status).join(),
    )
    const refused = answers.filter(({ status }) => status === 409).length
    t.ok(refused >= 1)
    t.equal(await adminCount(), refused, 'who was refused is one still, nobody else')
    t.equal(await users.countDocuments({ leaving: { $exists: true } }), 0, 'no mark is left')
  })
}

t.test('a mark left by a crash does not stand in the way', async (t) => {
  const { id, tokens } = await newAdmin(service)
  const crashed = await newAdmin(service)
  const leaving = { op: 'gone', at: new Date(Date.now() - 60_000) }
  await users.updateOne({ email: crashed.email }, { $set: { leaving } })
  const { status } = await call(app, 'PATCH', `/users/${id}`, { role: 'USER' }, tokens.access_token)
  t.equal(status, 200)
})

t.test('a new role ends the sessions of its user; the same role and a new name do not', async (t) => {
  const { tokens } = await newAdmin(service)
  const user = await loggedIn(app)
  const url = `/users/${user.id}`
  const isIn = async () =>
    (await call(app, 'GET', '/auth/me', undefined, user.tokens.access_token)).status === 200
  await call(app, 'PUT', url, { role: 'USER', name: 'N' }, tokens.access_token)
  t.ok(await isIn())
  await call(app, 'PUT', url, { role: 'ADMIN' }, tokens.access_token)
  t.notOk(await isIn())
  t.equal(await openSessions(user.id), 0)
  const { refresh_token } = user.tokens
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
  t.match(await call(app, 'GET', '/users/', undefined, (await login(app, user.email)).access_token), {
    status: 200,
  })
})

t.test('a deleted user is logged out, cannot log in, and leaves their address free', async (t) => {
  const { tokens } = await newAdmin(service)
  const user = await loggedIn(app)
  await call(app, 'DELETE', `/users/${user.id}`, undefined, tokens.access_token)
  t.equal((await call(app, 'GET', '/auth/me', undefined, user.tokens.access_token)).status, 401)
  const { refresh_token } = user.tokens
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
  t.equal((await call(app, 'POST', '/auth/login', { email: user.email, password: PASSWORD })).status, 401)
  t.equal(await openSessions(user.id), 0)
  t.not((await register(app, user.email))._id, user.id)
})

t.test('a log-in that races with the deletion of its account leaves nobody logged in', async (t) => {
  const { tokens } = await newAdmin(service)
  const user = await loggedIn(app)
  const logins = Promise.all(
    Array.from({ length: 12 }, () =>
      call(second, 'POST', '/auth/login', { email: user.email, password: PASSWORD }),
    ),
  )
  const deletion = call(app, 'DELETE', `/users/${user.id}`, undefined, tokens.access_token)
  const [answers] = await Promise.all([logins, deletion])
  t.equal(await openSessions(user.id), 0)
  for (const { status, body } of answers) {
    // 503 where the machine is too busy to hash twelve passwords in time.
    t.ok([200, 401, 503].includes(status), `answered ${status}`)
    if (status === 200)
      t.equal((await call(app, 'GET', '/auth/me', undefined, body.access_token)).status, 401)
  }
})

t.test('what a crash left undone is finished', async (t) => {
  const deleted = await loggedIn(app)
  const changed = await loggedIn(app)
  const before = new Date(Date.now() - 60_000)
  const earlier = new Date(before.getTime() - 1_000)
  await sessions.updateMany({ user_id: new ObjectId(changed.id) }, { $set: { created_at: earlier } })
  const { access_token: opened } = await login(app, changed.email)
  await users.updateOne({ email: deleted.email }, { $set: { deleting_at: before } })
  await users.updateOne({ email: changed.email }, { $set: { ending_sessions_at: before } })
  t.equal(
    (await call(app, 'GET', '/auth/me', undefined, deleted.tokens.access_token)).status,
    401,
    'gone at once',
  )
  await startInstance(t, service.environment)
  await until('the document is gone', async () => (await users.findOne({ email: deleted.email })) === null)
  await until('the sessions have ended', async () => {
    return (await call(app, 'GET', '/auth/me', undefined, changed.tokens.access_token)).status === 401
  })
  const erasures = database.collection('erasures')
  t.ok(
    (await erasures.find().toArray()).some(({ _id }) => String(_id) === deleted.id),
    'its tasks are noted',
  )
  await until('it is noted that they have', async () => {
    return (await users.findOne({ email: changed.email }))?.ending_sessions_at === undefined
  })
  t.equal(
    (await call(app, 'GET', '/auth/me', undefined, opened)).status,
    200,
    'a session that was opened after the change goes on',
  )
})

t.test('AuthDB’s documents without role, permissions, name and time are shown complete', async (t) => {
  const { tokens } = await newAdmin(service)
  const { insertedId } = await users.insertOne({ email: newEmail(), password_hash: 'x' })
  const { status, body } = await call(app, 'GET', `/users/${insertedId}`, undefined, tokens.access_token)
  t.match(
    { status, body },
    { status: 200, body: { role: 'USER', permissions: [], name: null, created_at: String } },
  )
  const changed = await call(app, 'PATCH', `/users/${insertedId}`, { role: 'ADMIN' }, tokens.access_token)
  t.match(changed, { status: 200, body: { role: 'ADMIN' } })
})
