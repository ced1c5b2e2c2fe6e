import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, newEmail, register } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'

const service = await startService(t)
const { app } = service
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

function form(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString()
}

function multipart(fields: Record<string, string>) {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  return data
}

for (const prefix of ['', '/api/v1']) {
  for (const slash of ['', '/']) {
    t.test(`registers at ${prefix}/auth/register${slash}`, async (t) => {
      const email = newEmail()
      const sent = {
        email: ` ${email.toUpperCase()} `,
        password: PASSWORD,
        name: 'Ännchen',
        role: 'ADMIN',
        permissions: 7,
      }
      const { status, body } = await call(app, 'POST', `${prefix}/auth/register${slash}`, sent)
      t.equal(status, 201)
      t.match(body, { _id: /^[\da-f]{24}$/, email, name: 'Ännchen', role: 'USER', permissions: [] })
      t.strictSame(Object.keys(body).sort(), [
        '_id',
        'created_at',
        'email',
        'email_verified',
        'name',
        'permissions',
        'role',
      ])
      t.equal(new Date(body.created_at).toISOString(), body.created_at)
    })

    t.test(`logs in by multipart form at ${prefix}/auth/login${slash}`, async (t) => {
      const { email } = await register(app)
      const payload = multipart({ username: email, password: PASSWORD })
      const response = await app.inject({ method: 'POST', url: `${prefix}/auth/login${slash}`, payload })
      t.equal(response.statusCode, 200)
      t.match(response.json(), {
        token_type: 'bearer',
        expires_in: 1800,
        access_token: /^ey/,
        refresh_token: /^[\w-]{64}$/,
      })
    })
  }
}

t.test('logs in by urlencoded form, the fields of OAuth 2.0 beside it', async (t) => {
  const { email } = await register(app)
  const payload = form({
    grant_type: 'password',
    username: email,
    password: PASSWORD,
    scope: '',
    client_id: '',
  })
  const response = await app.inject({ method: 'POST', url: '/auth/login', payload, headers: FORM })
  t.equal(response.statusCode, 200)
})

t.test('logs in by JSON, whatever the case of the address', async (t) => {
  const { email } = await register(app)
  const { status } = await call(app, 'POST', '/auth/login', {
    email: email.toUpperCase(),
    password: PASSWORD,
  })
  t.equal(status, 200)
})

t.test('a taken address is 400 with AuthDB’s sentence', async (t) => {
  const { email } = await register(app)
  const { status, body } = await call(app, 'POST', '/auth/register', {
    email: email.toUpperCase(),
    password: PASSWORD,
  })
  t.match(
    { status, body },
    { status: 400, body: { code: 'email_taken', detail: 'Email already registered' } },
  )
})

t.test('a wrong password and an unknown address are the same 401', async (t) => {
  const { email } = await register(app)
  const wrong = await call(app, 'POST', '/auth/login', { email, password: 'wrong' })
  const unknown = await call(app, 'POST', '/auth/login', { email: newEmail(), password: PASSWORD })
  for (const { status, body, headers } of [wrong, unknown]) {
    t.match(
      { status, body },
      { status: 401, body: { code: 'credentials_wrong', detail: 'Incorrect email or password' } },
    )
    t.equal(headers['www-authenticate'], 'Bearer')
  }
})

t.test('the access token carries the claims of the contract', async (t) => {
  const { id, email, tokens } = await loggedIn(app)
  const [header, claims] = tokens.access_token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  t.match(header, { alg: 'ES256', typ: 'at+jwt', kid: String })
  t.match(claims, {
    iss: 'authdb',
    aud: 'authdb',
    sub: id,
    sid: /^[\da-f]{24}$/,
    role: 'USER',
    email,
    name: null,
    jti: String,
  })
  t.equal(claims.exp - claims.iat, 1800)
})

t.test('one’s own profile is read and its name changed; fields the service sends are ignored', async (t) => {
  const { tokens } = await loggedIn(app)
  const me = await call(app, 'GET', '/auth/me', undefined, tokens.access_token)
  t.equal(me.status, 200)
  const sent = { ...me.body, name: 'New', role: 'ADMIN', email: 'other@example.com' }
  const changed = await call(app, 'PATCH', '/auth/me', sent, tokens.access_token)
  t.strictSame(changed.body, { ...me.body, name: 'New' })
})

t.test('log-out ends this session, the others, or all', async (t) => {
  const { email, tokens: first } = await loggedIn(app)
  const second = await login(app, email)
  const third = await login(app, email)
  const status = async (token: string) => (await call(app, 'GET', '/auth/me', undefined, token)).status
  t.equal((await call(app, 'POST', '/auth/logout', undefined, first.access_token)).status, 204)
  t.equal(await status(first.access_token), 401)
  t.equal(await status(second.access_token), 200)
  t.equal((await call(app, 'POST', '/auth/logout?scope=others', undefined, second.access_token)).status, 204)
  t.equal(await status(third.access_token), 401)
  t.equal(await status(second.access_token), 200)
  t.equal((await call(app, 'POST', '/auth/logout?scope=global', undefined, second.access_token)).status, 204)
  t.equal(await status(second.access_token), 401)
  for (const { refresh_token } of [first, second, third]) {
    const { status, body } = await call(app, 'POST', '/auth/refresh', { refresh_token })
    t.match({ status, body }, { status: 401, body: { code: 'refresh_invalid' } })
  }
})

t.test('a token that is missing, or stale on a public route', async (t) => {
  const missing = await call(app, 'GET', '/auth/me')
  t.match(missing, {
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
    body: { code: 'token_missing' },
  })
  const { email } = await register(app)
  for (const [method, url, body] of [
    ['POST', '/auth/login', { email, password: PASSWORD }],
    ['POST', '/auth/register', { email: newEmail(), password: PASSWORD }],
    ['GET', '/health', undefined],
    ['GET', '/.well-known/jwks.json', undefined],
  ] as const) {
    t.ok((await call(app, method, url, body, 'stale')).status < 300, `${method} ${url}`)
  }
})

t.test('public keys may be cached for five minutes, nothing else at all', async (t) => {
  const keys = await call(app, 'GET', '/.well-known/jwks.json')
  t.match(keys, { status: 200, headers: { 'cache-control': 'public, max-age=300' } })
  t.match(keys.body, {
    keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: String, x: String, y: String }],
  })
  t.notMatch(JSON.stringify(keys.body), /"d"/)
  for (const url of ['/health', '/auth/me', '/nowhere', '/auth/openapi.json']) {
    t.equal((await call(app, 'GET', url)).headers['cache-control'], 'no-store', url)
  }
})

t.test('health says that the database is there', async (t) => {
  const { status, body } = await call(app, 'GET', '/api/v1/health/')
  t.strictSame({ status, body }, { status: 200, body: { status: 'ok', database: 'connected' } })
})

t.test('an administrator lists, creates, reads, changes and deletes users', async (t) => {
  const { tokens } = await newAdmin(service)
  const token = tokens.access_token
  const sent = { email: newEmail(), password: PASSWORD, name: 'N', role: 'ADMIN', permissions: ['audit'] }
  const created = await call(app, 'POST', '/users/', sent, token)
  const { password, ...shown } = sent
  t.match(created, { status: 201, body: shown })
  const url = `/users/${created.body._id}`
  t.strictSame((await call(app, 'GET', url, undefined, token)).body, created.body)
  t.strictSame(
    (await call(app, 'PUT', url, created.body, token)).body,
    created.body,
    'what was read can be put back',
  )
  const changed = await call(app, 'PATCH', url, { role: 'USER', permissions: [] }, token)
  t.match(changed, { status: 200, body: { role: 'USER', permissions: [], name: 'N' } })
  const first = await call(app, 'GET', '/users/?limit=1', undefined, token)
  t.strictSame(first.body, [changed.body], 'newest first')
  t.equal(first.headers.link, '<?skip=1&limit=1>; rel="next"')
  t.type((await call(app, 'GET', '/users?limit=2147483647&skip=1', undefined, token)).body, Array)
  const deleted = await call(app, 'DELETE', url, undefined, token)
  t.strictSame(deleted.body, { message: 'User deleted successfully' })
  t.match(await call(app, 'GET', url, undefined, token), { status: 404, body: { code: 'user_not_found' } })
  t.match(await call(app, 'DELETE', url, undefined, token), { status: 404 })
})

t.test('a user reads their own account and no other, and administers nothing', async (t) => {
  const { id, tokens } = await loggedIn(app)
  const other = await register(app)
  const token = tokens.access_token
  t.equal((await call(app, 'GET', `/users/${id}`, undefined, token)).status, 200)
  for (const [method, url, body] of [
    ['GET', `/users/${other._id}`, undefined],
    ['GET', '/users/', undefined],
    ['POST', '/users/', { nonsense: true }],
    ['PUT', `/users/${id}`, { role: 'ADMIN' }],
    ['PATCH', '/users/malformed', { role: 'ADMIN' }],
    ['DELETE', `/users/${id}`, undefined],
  ] as const) {
    t.match(
      await call(app, method, url, body, token),
      { status: 403, body: { code: 'forbidden' } },
      `${method} ${url}`,
    )
  }
})

t.test('the page of the interface stays under the prefix that it was asked for', async (t) => {
  for (const prefix of ['', '/api/v1']) {
    const { statusCode, headers } = await app.inject(`${prefix}/auth/reference`)
    t.equal(statusCode, 301)
    const page = new URL(String(headers.location), `http://a${prefix}/auth/reference`)
    t.equal(page.pathname, `${prefix}/auth/reference/`)
    const { body, statusCode: found } = await app.inject(page.pathname)
    t.equal(found, 200)
    const assets = [...body.matchAll(/(?:src|"url")[=:]\s*"([^"]+)"/g)].map(
      ([, url = '']) => new URL(url, page),
    )
    t.ok(assets.length >= 2)
    for (const { pathname } of assets) {
      t.ok(pathname.startsWith(`${prefix}/auth/`), pathname)
      t.equal((await app.inject(pathname)).statusCode, 200, pathname)
    }
  }
})
