import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, newEmail } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const service = await startService(t)
const { app } = service
const entries = service.mongo.db(service.environment.MONGODB_DATABASE).collection('audit')
const admin = await newAdmin(service)
const { access_token: token } = admin.tokens

async function read(query: string) {
  const { status, headers, body } = await call(app, 'GET', `/audit${query}`, undefined, token)
  t.equal(status, 200)
  return { link: String(headers.link ?? ''), body: body as Record<string, unknown>[] }
}

async function actionsOf(userId: string): Promise<string[]> {
  return (await read(`?user=${userId}`)).body.map(({ action }) => String(action))
}

t.test(
  'every outcome of an authentication is written down, with whom it was about and from where',
  async (t) => {
    const user = await loggedIn(app)
    const attempt = (email: string, password: string) =>
      app.inject({
        method: 'POST',
        url: '/auth/login',
        payload: { email, password },
        remoteAddress: '192.0.2.77',
        headers: { 'user-agent': 'a test', 'x-request-id': 'request-77' },
      })
    await attempt(user.email, 'wrong')
    await attempt(newEmail(), 'wrong')
    const next = await call(app, 'POST', '/auth/refresh', { refresh_token: user.tokens.refresh_token })
    await call(
      app,
      'POST',
      '/auth/password',
      { current_password: 'no', new_password: 'x' },
      next.body.access_token,
    )
    const change = { current_password: 'wrong', new_password: 'a quiet walk along the river' }
    await call(app, 'POST', '/auth/password', change, next.body.access_token)
    await call(app, 'POST', '/auth/logout', undefined, next.body.access_token)
    const expected = [
      'session.ended',
      'password.refused',
      'login.refused',
      'login.succeeded',
      'account.registered',
    ]
    await until('all are there', async () => (await actionsOf(user.id)).length === expected.length)
    t.strictSame(await actionsOf(user.id), expected)
    const { body } = await read(`?user=${user.id}&action=login.refused`)
    t.match(body, [
      {
        actor_id: null,
        user_id: user.id,
        address: '192.0.2.77',
        user_agent: 'a test',
        request_id: 'request-77',
      },
    ])
    const nobody = await entries.findOne({ action: 'login.refused', user_id: null })
    t.match(nobody, { address: '192.0.2.77' }, 'an address without an account, too')
    t.notMatch(JSON.stringify(await entries.find().toArray()), new RegExp(`${PASSWORD}|wrong|river`))
  },
)

t.test('administrative acts are there when they are answered, with who did them', async (t) => {
  const user = await loggedIn(app)
  const url = `/users/${user.id}`
  await call(app, 'PATCH', url, { name: 'N' }, token)
  await call(app, 'POST', `${url}/lock`, undefined, token)
  await call(app, 'POST', `${url}/unlock`, undefined, token)
  await call(app, 'DELETE', `${url}/sessions`, undefined, token)
  await call(app, 'DELETE', url, undefined, token)
  const found = await entries.find({ actor_id: admin.id, user_id: user.id }).sort({ sequence: 1 }).toArray()
  t.strictSame(
    found.map(({ action }) => action),
    ['user.changed', 'user.locked', 'user.unlocked', 'user.sessions_ended', 'user.deleted'],
  )
  const made = await call(app, 'POST', '/users/', { email: newEmail(), password: PASSWORD }, token)
  t.match((await read(`?user=${made.body._id}`)).body, [{ action: 'user.created', actor_id: admin.id }])
  await call(app, 'DELETE', `/users/${'f'.repeat(24)}`, undefined, token)
  t.strictSame(await actionsOf('f'.repeat(24)), [], 'what was refused was not done')
})

t.test('pages follow each other without a gap or a repetition, while entries are added', async (t) => {
  const user = await loggedIn(app)
  for (let i = 0; i < 7; i++) await call(app, 'PATCH', `/users/${user.id}`, { name: String(i) }, token)
  const seen: unknown[] = []
  let next = `?user=${user.id}&action=user.changed&limit=2`
  for (let page = 0; next && page < 10; page++) {
    const { link, body } = await read(next)
    seen.push(...body.map(({ _id }) => _id))
    next = /^<(\?[^>]+)>; rel="next"$/.exec(link)?.[1] ?? ''
    await call(app, 'PATCH', `/users/${user.id}`, { name: 'meanwhile' }, token)
  }
  t.equal(seen.length, 7)
  t.equal(new Set(seen).size, 7)
})

t.test('only administrators read it; a cursor that is none is 400', async (t) => {
  const user = await loggedIn(app)
  t.equal((await call(app, 'GET', '/audit', undefined, user.tokens.access_token)).status, 403)
  t.equal((await call(app, 'GET', '/audit')).status, 401)
  for (const cursor of ['x', 'MTIz', Buffer.from('99999999999999999.f').toString('base64url')]) {
    const answer = await call(app, 'GET', `/audit?cursor=${cursor}`, undefined, token)
    t.match(answer, { status: 400, body: { code: 'cursor_invalid' } }, cursor)
  }
  for (const query of ['limit=0', 'user=x', 'action=x']) {
    t.equal((await call(app, 'GET', `/audit?${query}`, undefined, token)).status, 422, query)
  }
})

t.test('entries are kept as long as the setting says', async (t) => {
  const brief = await startInstance(t, { ...service.environment, AUDIT_RETENTION_DAYS: '2' })
  const { id } = await loggedIn(brief)
  const entry = await entries.findOne({ user_id: id })
  t.equal(entry?.purge_at - entry?.at, 2 * 86_400_000)
  const index = (await entries.indexes()).find(({ name }) => name === 'purge')
  t.match(index, { expireAfterSeconds: 0, key: { purge_at: 1 } })
})
