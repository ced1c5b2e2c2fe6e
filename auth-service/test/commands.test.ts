import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { call, loggedIn, login, newEmail } from './support/client.ts'
import { startService } from './support/service.ts'

const run = promisify(execFile)
const service = await startService(t)
const { app } = service

function command(name: string, args: string[], environment: Record<string, string> = {}) {
  const file = new URL(`../src/commands/${name}.ts`, import.meta.url).pathname
  const { MONGODB_URI = '', MONGODB_DATABASE = '' } = service.environment
  return run(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, MONGODB_URI, MONGODB_DATABASE, ...environment },
  })
}

t.test('promote makes an administrator, whose sessions end', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const { stdout } = await command('promote', [` ${email.toUpperCase()}`])
  t.equal(stdout, `${email} is an administrator now; they have to log in again\n`)
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 401)
  const { access_token } = await login(app, email)
  t.equal((await call(app, 'GET', '/users/', undefined, access_token)).status, 200)
  await command('promote', [email])
  t.equal(
    (await call(app, 'GET', '/users/', undefined, access_token)).status,
    200,
    'once more changes nothing',
  )
})

t.test('promote says in a sentence what is wrong', async (t) => {
  await t.rejects(command('promote', [newEmail()]), { code: 1, stderr: /User not found\n$/ })
  await t.rejects(command('promote', []), { code: 2, stderr: /^usage: / })
  const away = { MONGODB_URI: 'mongodb://127.0.0.1:1' }
  await t.rejects(command('promote', [newEmail()], away), {
    code: 1,
    stderr: /does not answer at the moment/,
  })
})

t.test('openapi.json is what the service serves', async (t) => {
  await command('openapi', ['--check'])
  const { body } = await call(app, 'GET', '/api/v1/auth/openapi.json')
  t.equal(body.openapi, '3.1.0')
  const paths = [
    '/auth/register',
    '/auth/login',
    '/auth/refresh',
    '/auth/logout',
    '/auth/me',
    '/users/',
    '/users/{id}',
  ]
  for (const path of [...paths, '/health', '/.well-known/jwks.json']) t.ok(body.paths[path], path)
})

t.test('the reference page may run its own script and talk to its own service only', async (t) => {
  const page = await app.inject('/auth/reference/')
  t.equal(page.statusCode, 200)
  t.match(
    page.headers['content-security-policy'],
    /default-src 'none'; script-src 'self' 'unsafe-inline'.*connect-src 'self'/,
  )
  t.notMatch(page.body, /https?:/)
  t.equal((await app.inject('/auth/reference/js/scalar.js')).statusCode, 200)
  const other = await app.inject('/health')
  t.equal(other.headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'")
  const { statusCode } = await app.inject({ url: '/auth/reference/', headers: { host: 'a[b' } })
  t.equal(statusCode, 400)
})
