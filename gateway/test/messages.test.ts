import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { loadConfig, loadCorsOrigins } from '../src/config.ts'
import { REFUSING, startGateway, startService } from './fixtures/gateway.ts'

interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  request_id: string
}

const ORIGIN = 'http://localhost:5173'

/** fetch() normalises paths; this sends them as they are. */
async function rawGet(gateway: string, path: string, headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  httpRequest(gateway, { path, headers })
    .on('response', async (response) =>
      resolve({ status: response.statusCode ?? 0, body: await text(response) }),
    )
    .on('error', reject)
    .end()
  return promise
}

t.test('every public path goes to its service, on both prefixes, unchanged', async (t) => {
  const auth = await startService(t)
  const tasks = await startService(t)
  const gateway = await startGateway(t, { authUpstreams: [auth.origin], taskUpstreams: [tasks.origin] })
  const authPaths = [
    '/auth/login',
    '/users/',
    '/users',
    '/users?limit=1',
    '/health',
    '/.well-known/jwks.json',
  ]
  const taskPaths = ['/tasks', '/tasks/', '/tasks/64b0?q=a%20b&q=%2F', `/tasks/${'x'.repeat(500)}`]
  for (const prefix of ['', '/api/v1']) {
    for (const path of [...authPaths, ...taskPaths])
      t.equal((await rawGet(gateway, prefix + path)).status, 200, path)
  }
  t.strictSame(
    auth.seen.map((one) => one.request.url),
    ['', '/api/v1'].flatMap((prefix) => authPaths.map((path) => prefix + path)),
  )
  t.strictSame(
    tasks.seen.map((one) => one.request.url),
    ['', '/api/v1'].flatMap((prefix) => taskPaths.map((path) => prefix + path)),
  )
})

t.test('internal and unknown paths do not exist', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, { authUpstreams: [service.origin], taskUpstreams: [service.origin] })
  const paths = [
    '/internal/revocations',
    '/metrics',
    '/livez',
    '/readyz',
    '/',
    '/tasksfoo',
    '/api/v1/metrics',
  ]
  const climbing = [
    '/tasks/../internal/x',
    '/tasks/%2e%2e/metrics',
    '/auth/..%2fmetrics',
    '/tasks/%zz',
    '//tasks/',
  ]
  for (const path of [...paths, ...climbing]) {
    const { status, body } = await rawGet(gateway, path)
    t.equal(status, 404, path)
    t.equal((JSON.parse(body) as Problem).code, 'not_found', path)
  }
  t.equal(service.seen.length, 0)
})

t.test('bodies of any kind arrive byte by byte, with their type', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, { authUpstreams: [service.origin] })
  const bodies: [string | undefined, string][] = [
    ['application/json', '{"broken": '],
    ['application/json; charset=utf-8', '{ "spaces" :  1 }'],
    [
      'multipart/form-data; boundary=xyz',
      '--xyz\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--xyz--',
    ],
    ['application/x-www-form-urlencoded', 'username=a%40b.c&password=%00'],
    ['text/plain', 'ü\u0000'],
    ['application/json', ''],
    [undefined, 'no type'],
  ]
  for (const [type, body] of bodies) {
    const headers: Record<string, string> = type ? { 'content-type': type } : {}
    await fetch(`${gateway}/auth/login`, { method: 'POST', headers, body: type ? body : Buffer.from(body) })
    const last = service.seen.at(-1)
    t.equal(last?.body, body, String(type))
    t.equal(last?.request.headers['content-type'], type)
  }
})

t.test('a body above 64 KiB is 413, announced or chunked; one of 64 KiB passes', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  const limit = Buffer.alloc(65_536, 'x')
  t.equal((await fetch(`${gateway}/tasks/`, { method: 'POST', body: limit })).status, 200)
  t.equal(service.seen.at(-1)?.body.length, 65_536)
  const chunked = { body: new Blob([limit, 'x']).stream(), duplex: 'half' } as const
  for (const init of [{ body: Buffer.alloc(65_537) }, chunked]) {
    const response = await fetch(`${gateway}/tasks/`, {
      method: 'POST',
      headers: { origin: ORIGIN },
      ...init,
    })
    t.equal(response.status, 413)
    t.equal(response.headers.get('access-control-allow-origin'), ORIGIN)
    t.equal(((await response.json()) as Problem).code, 'body_too_large')
    t.not(response.headers.get('connection'), 'close', 'or a browser that still sends would see no answer')
  }
  t.equal(service.seen.length, 1)
})

t.test('a Content-Type that is none is 415, as from a service', async (t) => {
  const gateway = await startGateway(t, { taskUpstreams: [REFUSING] })
  for (const type of ['json', 'nonsense;;;', '/']) {
    const response = await fetch(`${gateway}/tasks/`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{}',
    })
    t.equal(response.status, 415, type)
    t.equal(((await response.json()) as Problem).code, 'unsupported_media_type')
  }
})

t.test(
  'a request id is kept when it is safe, made when it is not, and echoed with what goes wrong',
  async (t) => {
    const service = await startService(t)
    const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
    await fetch(`${gateway}/tasks/`, { headers: { 'x-request-id': 'abc-1.2_~Z' } })
    t.equal(service.seen.at(-1)?.request.headers['x-request-id'], 'abc-1.2_~Z')
    for (const unsafe of ['a b', 'x'.repeat(65), '<script>', '']) {
      await fetch(`${gateway}/tasks/`, { headers: { 'x-request-id': unsafe } })
      t.match(service.seen.at(-1)?.request.headers['x-request-id'], /^[\da-f-]{36}$/, unsafe)
    }
    const response = await fetch(`${gateway}/nowhere`, { headers: { 'x-request-id': 'mine' } })
    t.equal(response.headers.get('x-request-id'), 'mine')
    t.equal(((await response.json()) as Problem).request_id, 'mine')
  },
)

t.test('a service is told the true client, whatever the client claims', async (t) => {
  const service = await startService(t)
  const claims = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil',
    forwarded: 'for=6.6.6.6',
    'x-real-ip': '6.6.6.6',
  }
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  await fetch(`${gateway}/tasks/`, { headers: claims })
  const headers = service.seen.at(-1)?.request.headers
  t.equal(headers?.['x-forwarded-for'], '127.0.0.1')
  t.equal(headers?.['x-forwarded-proto'], 'http')
  t.equal(headers?.['x-forwarded-host'], new URL(gateway).host)
  t.equal(headers?.forwarded, undefined)
  t.equal(headers?.['x-real-ip'], undefined)

  const behindProxy = await startGateway(t, { taskUpstreams: [service.origin], trustProxy: ['loopback'] })
  await fetch(`${behindProxy}/tasks/`, { headers: claims })
  t.equal(service.seen.at(-1)?.request.headers['x-forwarded-for'], '6.6.6.6, 127.0.0.1')
  t.equal(service.seen.at(-1)?.request.headers['x-forwarded-proto'], 'https')
})

t.test('trace context and credentials pass, what concerns one connection does not', async (t) => {
  const service = await startService(t, (_request, response) => {
    response
      .writeHead(200, { 'keep-alive': 'timeout=1', 'x-kept': 'yes', 'set-cookie': ['a=1', 'b=2'] })
      .end()
  })
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const sent = {
    traceparent,
    authorization: 'Bearer x',
    'keep-alive': '300',
    upgrade: 'h2c',
    te: 'trailers',
    expect: '100-continue',
  }
  t.equal((await rawGet(gateway, '/tasks/', { ...sent, 'content-length': '0' })).status, 200)
  const headers = service.seen.at(-1)?.request.headers
  t.match(headers, { traceparent, authorization: 'Bearer x' })
  for (const name of ['keep-alive', 'upgrade', 'te', 'expect']) t.equal(headers?.[name], undefined, name)
  const response = await fetch(`${gateway}/tasks/`)
  t.equal(response.headers.get('x-kept'), 'yes')
  t.strictSame(response.headers.getSetCookie(), ['a=1', 'b=2'])
  t.not(response.headers.get('keep-alive'), 'timeout=1')
})

t.test('errors that the gateway makes can be read by allowed origins, and by no others', async (t) => {
  const gateway = await startGateway(t, { corsOrigins: ['loopback', 'https://app.example'] })
  for (const origin of [ORIGIN, 'https://127.0.0.1:3000', 'http://[::1]:1', 'https://app.example']) {
    const response = await fetch(`${gateway}/tasks/`, { headers: { origin } })
    t.equal(response.status, 502)
    t.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    t.equal(response.headers.get('access-control-allow-origin'), origin)
    t.match(response.headers.get('access-control-expose-headers'), 'x-request-id')
    t.equal(response.headers.get('access-control-allow-credentials'), null)
    t.equal(response.headers.get('vary'), 'Origin')
    t.equal(response.headers.get('retry-after'), '1')
    t.match(await response.json(), {
      type: 'about:blank',
      title: 'Bad Gateway',
      status: 502,
      code: 'bad_gateway',
      detail: String,
    })
  }
  for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
    const response = await fetch(`${gateway}/nowhere`, { headers: { origin } })
    t.equal(response.headers.get('access-control-allow-origin'), null, origin)
    t.equal(response.headers.get('vary'), 'Origin')
  }
})

t.test('a preflight that no service can answer is granted, so that the true error is seen', async (t) => {
  const gateway = await startGateway(t, {})
  const headers = { origin: ORIGIN, 'access-control-request-method': 'PUT' }
  for (const path of ['/tasks/1', '/nowhere']) {
    const response = await fetch(gateway + path, { method: 'OPTIONS', headers })
    t.equal(response.status, 204)
    t.equal(response.headers.get('access-control-allow-origin'), ORIGIN)
    t.match(response.headers.get('access-control-allow-methods'), 'PUT')
    t.match(response.headers.get('access-control-allow-headers'), 'authorization')
  }
  const stranger = { ...headers, origin: 'https://evil.example' }
  t.equal((await fetch(`${gateway}/nowhere`, { method: 'OPTIONS', headers: stranger })).status, 404)
})

t.test("a service's own CORS headers are passed on once", async (t) => {
  const service = await startService(t, (_request, response) => {
    response.writeHead(401, { 'access-control-allow-origin': ORIGIN, vary: 'Origin' }).end('{}')
  })
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  const response = await fetch(`${gateway}/tasks/`, { headers: { origin: ORIGIN } })
  t.equal(response.status, 401)
  t.equal(response.headers.get('access-control-allow-origin'), ORIGIN)
  t.equal(response.headers.get('vary'), 'Origin')
})

t.test('a bad configuration is one sentence that names every variable', async (t) => {
  const bad: Record<string, string[]> = {
    PORT: ['x', '-1', '65536', '1.5'],
    AUTH_UPSTREAMS: ['nonsense', 'http://a/', 'loopback', ',', 'http://me:s3cret@a'],
    CORS_ORIGINS: ['https://a/', '*', 'a', 'https://A', 'http://me:s3cret@a'],
    TRUST_PROXY: ['everybody', '10.0.0.0/99', 'true'],
    LOG_LEVEL: ['loud'],
    MAX_IN_FLIGHT: ['-1', 'many'],
    UPSTREAM_TIMEOUT_MS: ['60001'],
  }
  const good = { AUTH_UPSTREAMS: REFUSING, TASK_UPSTREAMS: REFUSING }
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values)
      t.throws(
        () => loadConfig({ ...good, [name]: value }),
        { message: new RegExp(`^[^;]*: ${name} must`) },
        value,
      )
  }
  t.throws(() => loadConfig({}), { message: /AUTH_UPSTREAMS is not set.*TASK_UPSTREAMS is not set/ })
  for (const secret of [{ AUTH_UPSTREAMS: 'http://me:s3cret@a' }, { CORS_ORIGINS: 'http://me:s3cret@a' }]) {
    try {
      loadConfig({ ...good, ...secret })
      t.fail('it was accepted')
    } catch (error) {
      t.notMatch((error as Error).message, 's3cret')
    }
  }
  const config = loadConfig({
    AUTH_UPSTREAMS: REFUSING,
    TASK_UPSTREAMS: `${REFUSING}, http://127.0.0.1:8003`,
    CORS_ORIGINS: 'http://a, http://b',
  })
  t.strictSame(config.corsOrigins, ['http://a', 'http://b'])
  t.strictSame(
    loadCorsOrigins({ CORS_ORIGINS: 'http://a, http://b' }),
    ['http://a', 'http://b'],
    'nginx, too',
  )
  t.strictSame(config.taskUpstreams, [REFUSING, 'http://127.0.0.1:8003'])
})
