import t from 'tap'
import { TestService } from './support/service.ts'

const ORIGIN = 'http://localhost:5173'
const OTHER_ORIGIN = 'https://evil.example'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
const { call } = await service.someone()
const { app } = service

t.test('a preflight needs no token and says what a browser may send', async (t) => {
  for (const url of ['/tasks/', '/api/v1/tasks', `/tasks/${'0'.repeat(24)}`]) {
    const answer = await app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    t.equal(answer.statusCode, 204)
    const { headers } = answer
    t.equal(headers['access-control-allow-origin'], ORIGIN)
    t.equal(headers['access-control-allow-methods'], 'GET, POST, PUT, PATCH, DELETE')
    t.equal(
      headers['access-control-allow-headers'],
      'authorization, content-type, if-match, if-none-match, idempotency-key',
    )
    t.equal(headers['access-control-max-age'], '600')
    t.match(headers.vary, /origin/i)
  }
})

t.test('an OPTIONS that asks for no method is no error', async (t) => {
  const answer = await app.inject({ method: 'OPTIONS', url: '/tasks/', headers: { origin: ORIGIN } })
  t.equal(answer.statusCode, 204)
  t.equal(answer.headers['access-control-allow-origin'], ORIGIN)
})

t.test('every answer carries the headers that let a browser read it, errors as well', async (t) => {
  const json = { 'content-type': 'application/json' }
  const answers = {
    200: await call('GET', '/tasks/', undefined, { origin: ORIGIN }),
    201: await call('POST', '/tasks/', { title: 'a' }, { origin: ORIGIN }),
    400: await call('POST', '/tasks/', '{', { origin: ORIGIN, ...json }),
    401: await app.inject({ url: '/tasks/', headers: { origin: ORIGIN } }),
    403: await call('GET', '/tasks/all', undefined, { origin: ORIGIN }),
    404: await call('GET', '/tasks/x', undefined, { origin: ORIGIN }),
    413: await call('POST', '/tasks/', `"${'x'.repeat(65_536)}"`, { origin: ORIGIN, ...json }),
    415: await call('POST', '/tasks/', 'x', { origin: ORIGIN, 'content-type': 'text/plain' }),
    422: await call('POST', '/tasks/', {}, { origin: ORIGIN }),
  }
  for (const [status, answer] of Object.entries(answers)) {
    t.equal(answer.statusCode, Number(status))
    t.equal(answer.headers['access-control-allow-origin'], ORIGIN, status)
    t.match(
      answer.headers['access-control-expose-headers'],
      /etag, link, location, retry-after, x-request-id/,
    )
    t.match(answer.headers.vary, /origin/i)
    t.notOk(answer.headers['access-control-allow-credentials'])
  }
  const nowhere = await app.inject({ url: '/nowhere', headers: { origin: ORIGIN } })
  t.equal(nowhere.headers['access-control-allow-origin'], ORIGIN)
})

t.test('another origin is not allowed, and answers differ by origin', async (t) => {
  for (const origin of [
    OTHER_ORIGIN,
    'null',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
  ]) {
    const answer = await call('GET', '/tasks/', undefined, { origin })
    t.notOk(answer.headers['access-control-allow-origin'], origin)
    t.match(answer.headers.vary, /origin/i)
  }
})

t.test('a request id that is safe is echoed, another is replaced', async (t) => {
  const echoed = await call('GET', '/tasks/x', undefined, { 'x-request-id': 'my-id_1.~' })
  t.equal(echoed.headers['x-request-id'], 'my-id_1.~')
  t.equal(echoed.json().request_id, 'my-id_1.~')
  for (const id of ['', 'a b', '{"a":1}', 'x'.repeat(65), 'é', '$(id)']) {
    const answer = await call('GET', '/tasks/x', undefined, { 'x-request-id': id })
    t.match(answer.headers['x-request-id'], /^[\da-f-]{36}$/, id)
    t.equal(answer.json().request_id, answer.headers['x-request-id'])
  }
})

t.test('answers are not to be guessed at, framed or kept by others', async (t) => {
  const { headers } = await call('GET', '/tasks/')
  t.equal(headers['x-content-type-options'], 'nosniff')
  t.match(headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/)
  t.equal(headers['cache-control'], 'private, no-cache')
  t.notOk(headers['last-modified'])
  t.notOk(headers['x-powered-by'])
})

t.test('a path is the same with and without its prefix and its last slash', async (t) => {
  const paths = ['/tasks', '/tasks/', '/api/v1/tasks', '/api/v1/tasks/']
  const bodies = await Promise.all(paths.map(async (path) => (await call('GET', path)).body))
  t.same(new Set(bodies).size, 1)
  const { _id } = (await call('POST', '/tasks', { title: 'b' })).json()
  for (const path of paths) t.equal((await call('GET', `${path.replace(/\/$/, '')}/${_id}/`)).statusCode, 200)
})

t.test('HEAD is GET without the body', async (t) => {
  const { token, call: get } = await service.someone()
  const body = await get('GET', '/tasks/')
  const head = await app.inject({
    method: 'HEAD',
    url: '/tasks/',
    headers: { authorization: `Bearer ${token}` },
  })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.equal(head.headers.etag, body.headers.etag)
})

t.test('the document of the interface is served, with a page to read it', async (t) => {
  const document = await app.inject('/tasks/openapi.json')
  t.equal(document.statusCode, 200)
  t.match(document.json(), {
    openapi: '3.1.0',
    paths: { '/tasks': {}, '/tasks/{id}': {}, '/tasks/all': {} },
  })
  const page = await app.inject('/api/v1/tasks/reference/')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /^text\/html/)
  t.match(page.headers['content-security-policy'], /script-src 'self'/)
  t.equal((await app.inject({ url: '/tasks/reference/', headers: { host: 'a b' } })).statusCode, 400)
})

t.test('the page of the interface stays under the prefix that it was asked for', async (t) => {
  for (const prefix of ['', '/api/v1']) {
    const { statusCode, headers } = await app.inject(`${prefix}/tasks/reference`)
    t.equal(statusCode, 301)
    const page = new URL(String(headers.location), `http://a${prefix}/tasks/reference`)
    t.equal(page.pathname, `${prefix}/tasks/reference/`)
    t.equal((await app.inject(page.pathname)).statusCode, 200)
  }
})
