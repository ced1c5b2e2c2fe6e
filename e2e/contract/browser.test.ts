import t from 'tap'
import { type Answer, call, isProblem, PASSWORD, uniqueEmail } from '../harness/client.ts'

const ORIGIN = 'http://localhost:3000'

function readableFrom({ headers }: Answer, origin: string): boolean {
  return (
    headers.get('access-control-allow-origin') === origin && /\borigin\b/i.test(headers.get('vary') ?? '')
  )
}

async function preflight(path: string, method: string, wanted: string, origin = ORIGIN): Promise<Answer> {
  return call(path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': wanted },
  })
}

t.test("AuthDB's browser client registers, logs in and keeps its list from another origin", async (t) => {
  const email = uniqueEmail()
  const origin = { origin: ORIGIN }

  const before = await preflight('/api/v1/auth/register', 'POST', 'content-type')
  t.equal(before.status, 204)
  t.ok(readableFrom(before, ORIGIN), 'register may be asked')
  const registered = await call('/api/v1/auth/register', {
    method: 'POST',
    json: { email, password: PASSWORD },
    headers: origin,
  })
  t.equal(registered.status, 201)
  t.ok(readableFrom(registered, ORIGIN))

  const form = new FormData()
  form.append('username', email)
  form.append('password', PASSWORD)
  const login = await call('/api/v1/auth/login', { method: 'POST', body: form, headers: origin })
  t.equal(login.status, 200, 'a multipart form logs in')
  t.ok(readableFrom(login, ORIGIN))
  const token = login.body.access_token

  for (const [path, method] of [
    ['/api/v1/tasks/', 'GET'],
    ['/api/v1/tasks/', 'POST'],
    ['/api/v1/tasks/000000000000000000000000', 'PUT'],
    ['/api/v1/tasks/000000000000000000000000', 'DELETE'],
  ] as const) {
    const answer = await preflight(path, method, 'authorization, content-type, if-match')
    t.equal(answer.status, 204, `${method} ${path} needs no token to be asked`)
    t.ok(readableFrom(answer, ORIGIN))
    t.match(answer.headers.get('access-control-allow-methods'), new RegExp(method))
    t.match(answer.headers.get('access-control-allow-headers'), /authorization.*content-type.*if-match/)
    t.equal(answer.headers.get('access-control-max-age'), '600')
  }

  const created = await call('/api/v1/tasks/', {
    method: 'POST',
    token,
    json: { title: 'from the browser' },
    headers: origin,
  })
  t.equal(created.status, 201)
  t.match(created.headers.get('access-control-expose-headers'), /etag.*link.*location/)
  const list = await call('/api/v1/tasks/', { token, headers: origin })
  t.same(list.body, [created.body])
  t.ok(readableFrom(list, ORIGIN))
  const url = `/api/v1/tasks/${created.body._id}`
  t.equal((await call(url, { method: 'PUT', token, json: { completed: true }, headers: origin })).status, 200)
  t.equal((await call(url, { method: 'DELETE', token, headers: origin })).status, 200)
})

t.test('a browser can read every error: of the services, of their limits and of the gateway', async (t) => {
  const origin = { origin: ORIGIN }
  const cases: [number, Promise<Answer>][] = [
    [401, call('/api/v1/tasks/', { headers: origin })],
    [
      401,
      call('/api/v1/auth/login', {
        method: 'POST',
        body: new URLSearchParams({ username: 'a@b.org', password: 'x' }),
        headers: origin,
      }),
    ],
    [
      400,
      call('/api/v1/auth/register', {
        method: 'POST',
        json: { email: 'no address', password: PASSWORD },
        headers: origin,
      }),
    ],
    [
      400,
      call('/api/v1/auth/register', {
        method: 'POST',
        json: { email: uniqueEmail(), password: 'short' },
        headers: origin,
      }),
    ],
    [404, call('/nowhere', { headers: origin })],
    [404, call('/api/v1/auth/nowhere', { headers: origin })],
    [
      413,
      call('/api/v1/auth/register', { method: 'POST', json: { email: 'x'.repeat(70_000) }, headers: origin }),
    ],
  ]
  for (const [status, answering] of cases) {
    const answer = await answering
    t.equal(answer.status, status)
    t.ok(readableFrom(answer, ORIGIN), `${status} ${answer.text}`)
    t.ok(isProblem(answer), answer.text)
    t.type(answer.body.detail, 'string')
  }
})

t.test('an origin that is not configured gets no permission, and no answer allows everyone', async (t) => {
  for (const path of ['/health', '/api/v1/tasks/', '/nowhere']) {
    const answer = await call(path, { headers: { origin: 'https://evil.example' } })
    t.equal(answer.headers.get('access-control-allow-origin'), null, path)
  }
})

t.test('a request id is kept from end to end, and made where there is none', async (t) => {
  t.equal(
    (await call('/health', { headers: { 'x-request-id': 'abc-123' } })).headers.get('x-request-id'),
    'abc-123',
  )
  const made = (await call('/tasks/', { headers: { 'x-request-id': 'not safe; at all' } })).headers.get(
    'x-request-id',
  )
  t.match(made, /^[\w.~-]{8,64}$/)
})
