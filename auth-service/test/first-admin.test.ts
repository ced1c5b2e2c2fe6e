import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, login, register } from './support/client.ts'
import { freePort } from './support/free-port.ts'
import { startProcess } from './support/process.ts'
import { newEnvironment, PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const ADMIN = { ADMIN_EMAIL: 'Boss@Example.com', ADMIN_PASSWORD: PASSWORD }
const BOSS = 'boss@example.com'

t.test(
  'ADMIN_EMAIL and ADMIN_PASSWORD make an administrator at the first start, and never again',
  async (t) => {
    const service = await startService(t, ADMIN)
    const { app } = service
    const { access_token } = await login(app, BOSS)
    t.match(await call(app, 'GET', '/auth/me', undefined, access_token), {
      body: { role: 'ADMIN', email: BOSS },
    })
    const other = await newAdmin(service)
    const { body: me } = await call(app, 'GET', '/auth/me', undefined, access_token)
    t.equal((await call(app, 'DELETE', `/users/${me._id}`, undefined, other.tokens.access_token)).status, 200)
    const next = await startInstance(t, service.environment)
    t.equal((await call(next, 'POST', '/auth/login', { email: BOSS, password: PASSWORD })).status, 401)
    t.match(await register(app, BOSS), { role: 'USER' }, 'nor by registering the address')
  },
)

t.test('whoever registers ADMIN_EMAIL first gets no role, at the registration or later', async (t) => {
  const service = await startService(t)
  t.match(await register(service.app, BOSS), { role: 'USER' })
  const next = await startInstance(t, { ...service.environment, ...ADMIN })
  const { access_token } = await login(next, BOSS)
  t.match(await call(next, 'GET', '/auth/me', undefined, access_token), { body: { role: 'USER' } })
})

t.test(
  'who expects an administrator by ADMIN_EMAIL is told that somebody else has the address',
  async (t) => {
    const { app, environment } = await startService(t)
    await register(app, BOSS)
    const [port, internalPort] = [await freePort(), await freePort()]
    const ports = { PORT: String(port), INTERNAL_PORT: String(internalPort) }
    const next = startProcess(t, { ...environment, ...ADMIN, ...ports, LOG_LEVEL: 'error' })
    await until('it says so', () => next.log().includes('somebody has registered ADMIN_EMAIL'))
    t.match(next.log(), /"level":50.*see the command `promote`/)
  },
)

t.test('several instances that start at once make one administrator', async (t) => {
  const environment = { ...newEnvironment(t), ...ADMIN }
  const [app] = await Promise.all([1, 2, 3].map(() => startInstance(t, environment)))
  if (!app) throw new Error('none started')
  const { access_token } = await login(app, BOSS)
  const { body } = await call(app, 'GET', '/users/', undefined, access_token)
  t.match(body, [{ email: BOSS, role: 'ADMIN' }])
  t.equal(body.length, 1)
})

for (const [password, reason] of [
  ['hush', 'at least 15 characters'],
  ['hush hush hush boss hush', 'does not contain your e-mail address'],
] as const) {
  t.test(`an ADMIN_PASSWORD that lacks “${reason}” is refused at the start, unquoted`, async (t) => {
    const environment = { ...newEnvironment(t), ...ADMIN, ADMIN_PASSWORD: password }
    const starting = startInstance(t, environment)
    await t.rejects(starting, { message: new RegExp(`ADMIN_PASSWORD is refused .*${reason}\\.$`) })
    await t.rejects(starting, { message: /^((?!hush).)*$/ })
  })
}
