import t from 'tap'
import { call, isProblem, logIn, newPerson, PASSWORD, PREFIXES, uniqueEmail } from '../harness/client.ts'
import { until } from '../harness/until.ts'

for (const prefix of PREFIXES) {
  for (const slash of ['', '/']) {
    const at = (path: string) => `${prefix}${path}${slash}`

    t.test(`an AuthDB client registers, logs in and reads its profile at ${at('/auth/…')}`, async (t) => {
      const email = uniqueEmail()
      const registered = await call(at('/auth/register'), {
        method: 'POST',
        json: { email, password: PASSWORD, name: 'Pat' },
      })
      t.equal(registered.status, 201)
      t.match(registered.body, {
        _id: /^[0-9a-f]{24}$/,
        email,
        name: 'Pat',
        role: 'USER',
        permissions: [],
        created_at: /^\d{4}-.*Z$/,
      })
      t.notMatch(registered.text, /argon2|\$2b\$|password/i, 'no hash goes out')

      const form = new URLSearchParams({ username: email, password: PASSWORD })
      const login = await call(at('/auth/login'), { method: 'POST', body: form })
      t.equal(login.status, 200)
      t.match(login.body, {
        access_token: String,
        token_type: 'bearer',
        expires_in: Number,
        refresh_token: String,
      })
      t.equal(login.headers.get('cache-control'), 'no-store')

      const me = await call(at('/auth/me'), { token: login.body.access_token })
      t.equal(me.status, 200)
      t.same(me.body, registered.body)
    })
  }
}

t.test('a log-in is possible with a urlencoded form, a multipart form and JSON', async (t) => {
  const { email } = await newPerson()
  const multipart = new FormData()
  multipart.set('username', email)
  multipart.set('password', PASSWORD)
  t.equal((await logIn(email)).status, 200, 'urlencoded')
  t.equal((await call('/auth/login', { method: 'POST', body: multipart })).status, 200, 'multipart')
  t.equal(
    (await call('/auth/login', { method: 'POST', json: { email, password: PASSWORD } })).status,
    200,
    'JSON',
  )
})

t.test('a front-end that decodes the access token finds the claims of AuthDB', async (t) => {
  const { token, id, email } = await newPerson()
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  t.match(header, { alg: 'ES256', typ: 'at+jwt', kid: String })
  t.match(claims, {
    sub: id,
    email,
    role: 'USER',
    name: 'Pat',
    sid: String,
    jti: String,
    iat: Number,
    exp: Number,
  })
  t.equal(claims.exp - claims.iat, 1800)
  const jwks = await call('/.well-known/jwks.json')
  t.match(jwks.headers.get('cache-control'), /max-age=300/)
  t.ok(
    jwks.body.keys.some((key: { kid: string; d?: string }) => key.kid === header.kid && key.d === undefined),
  )
})

t.test('an address that is taken is refused with the sentence that AuthDB sends', async (t) => {
  const { email } = await newPerson()
  const again = await call('/auth/register', {
    method: 'POST',
    json: { email: ` ${email.toUpperCase()} `, password: PASSWORD },
  })
  t.equal(again.status, 400)
  t.match(again.body, { code: 'email_taken', detail: 'Email already registered' })
})

t.test('a wrong password and an unknown address get the same answer', async (t) => {
  const { email } = await newPerson()
  const wrong = await call('/auth/login', {
    method: 'POST',
    body: new URLSearchParams({ username: email, password: 'something else' }),
  })
  const unknown = await logIn(uniqueEmail())
  for (const answer of [wrong, unknown]) {
    t.equal(answer.status, 401)
    t.equal(answer.body.detail, 'Incorrect email or password')
    t.match(answer.headers.get('www-authenticate'), /^Bearer/)
  }
  const { request_id: _, ...first } = wrong.body
  const { request_id: __, ...second } = unknown.body
  t.same(first, second)
})

t.test('a role asked for at registration is not given', async (t) => {
  const json = { email: uniqueEmail(), password: PASSWORD, role: 'ADMIN', permissions: ['everything'] }
  const answer = await call('/auth/register', { method: 'POST', json })
  t.equal(answer.status, 201)
  t.match(answer.body, { role: 'USER', permissions: [] })
})

t.test('a refresh token works once and gives its successor', async (t) => {
  const { refreshToken, token } = await newPerson()
  const refreshed = await call('/auth/refresh', { method: 'POST', json: { refresh_token: refreshToken } })
  t.equal(refreshed.status, 200)
  t.not(refreshed.body.refresh_token, refreshToken)
  t.equal((await call('/tasks/', { token: refreshed.body.access_token })).status, 200)
  const sid = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).sid
  t.equal(sid(refreshed.body.access_token), sid(token), 'the session stays the same')
  t.equal(
    (await call('/auth/refresh', { method: 'POST', json: { refresh_token: `${refreshToken}x` } })).status,
    401,
  )
})

t.test('a log-out ends the access token everywhere', async (t) => {
  const { token } = await newPerson()
  t.equal((await call('/tasks/', { token })).status, 200)
  t.equal((await call('/auth/logout', { method: 'POST', token })).status, 204)
  t.equal((await call('/auth/me', { token })).status, 401, 'at once in auth-service')
  // Ten refusals in a row: with least connections that asks every instance.
  let refused = 0
  const waited = await until('refusal by every instance', async () => {
    refused = (await call('/tasks/', { token })).status === 401 ? refused + 1 : 0
    return refused === 10
  })
  t.comment(`refused by all after ${Math.round(waited)} ms`)
})

t.test('a header that cannot be a token, or none, is 401 with a Bearer challenge', async (t) => {
  const none = await call('/auth/me')
  t.equal(none.status, 401)
  t.equal(none.body.detail, 'Not authenticated')
  t.equal(none.headers.get('www-authenticate'), 'Bearer')
  for (const path of ['/auth/me', '/tasks/', '/users/']) {
    const answer = await call(path, { token: 'a.b.c' })
    t.equal(answer.status, 401, path)
    t.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"', path)
    t.ok(isProblem(answer), path)
  }
})

t.test('a stale token on a public route is ignored', async (t) => {
  t.equal((await call('/health', { token: 'a.b.c' })).status, 200)
  t.equal(
    (
      await call('/auth/register', {
        method: 'POST',
        token: 'a.b.c',
        json: { email: uniqueEmail(), password: PASSWORD },
      })
    ).status,
    201,
  )
})

t.test('the health page has the form that AuthDB’s clients know', async (t) => {
  for (const prefix of PREFIXES)
    t.same((await call(`${prefix}/health`)).body, { status: 'ok', database: 'connected' })
})
