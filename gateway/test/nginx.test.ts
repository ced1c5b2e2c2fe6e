import { cp } from 'node:fs/promises'
import { request as httpRequest, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { builtPage } from './fixtures/built-page.ts'
import { REFUSING, startNginx, startService, until } from './fixtures/gateway.ts'

const ORIGIN = 'http://localhost:5173'

t.test('nginx routes as the other gateway does', async (t) => {
  const [auth, tasks] = [await startService(t), await startService(t)]
  const { url } = await startNginx(t, { authUpstreams: [auth.origin], taskUpstreams: [tasks.origin] })
  const authPaths = ['/auth/login', '/users/', '/users?limit=1', '/health', '/.well-known/jwks.json']
  const taskPaths = ['/tasks', '/tasks/?q=a%20b', '/tasks/64b0', '/tasks/64b0?ticket=x']
  for (const prefix of ['', '/api/v1']) {
    for (const path of [...authPaths, ...taskPaths])
      t.equal((await fetch(url + prefix + path)).status, 200, prefix + path)
  }
  const expected = (paths: string[]) =>
    ['', '/api/v1'].flatMap((prefix) => paths.map((path) => prefix + path))
  t.strictSame(
    auth.seen.map((one) => one.request.url),
    expected(authPaths),
  )
  t.strictSame(
    tasks.seen.map((one) => one.request.url),
    expected(taskPaths),
  )
  for (const path of ['/internal/revocations', '/metrics', '/livez', '/readyz', '/', '/tasksfoo']) {
    t.equal((await fetch(url + path)).status, 404, path)
  }
})

t.test('nginx says who the client is, and keeps or makes the request id', async (t) => {
  const service = await startService(t)
  const { url } = await startNginx(t, { taskUpstreams: [service.origin] })
  await fetch(`${url}/tasks/`, {
    headers: { 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-request-id': 'mine' },
  })
  t.hasStrict(service.seen[0]?.request.headers, {
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': new URL(url).host,
    'x-request-id': 'mine',
  })
  t.equal(service.seen[0]?.request.headers.forwarded, undefined)
  await fetch(`${url}/tasks/`, { headers: { 'x-request-id': 'a b' } })
  t.match(service.seen[1]?.request.headers['x-request-id'], /^[\da-f]{32}$/)
})

t.test("nginx's own errors are problems that allowed origins can read", async (t) => {
  const { url, log } = await startNginx(t, {})
  const cases: [status: number, code: string, path: string, init: RequestInit][] = [
    [404, 'not_found', '/nowhere?secret=1', {}],
    [413, 'body_too_large', '/tasks/', { method: 'POST', body: Buffer.alloc(65_537) }],
    [502, 'bad_gateway', '/health', {}],
  ]
  for (const [status, code, path, init] of cases) {
    const response = await fetch(url + path, { ...init, headers: { origin: ORIGIN, 'x-request-id': 'mine' } })
    t.equal(response.status, status)
    t.equal(response.headers.get('content-type'), 'application/problem+json')
    t.equal(response.headers.get('access-control-allow-origin'), ORIGIN)
    t.equal(response.headers.get('vary'), 'Origin')
    t.equal(response.headers.get('x-request-id'), 'mine')
    t.equal(response.headers.get('retry-after'), status === 502 ? '1' : null)
    t.match(await response.json(), {
      type: 'about:blank',
      title: String,
      status,
      code,
      detail: String,
      request_id: 'mine',
    })
  }
  const stranger = await fetch(`${url}/nowhere`, { headers: { origin: 'https://evil.example' } })
  t.equal(stranger.headers.get('access-control-allow-origin'), null)
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'PUT' }
  const granted = await fetch(`${url}/tasks/1`, { method: 'OPTIONS', headers: preflight })
  t.equal(granted.status, 204)
  t.match(granted.headers.get('access-control-allow-methods'), 'PUT')
  await until(() => log.some((line) => line.includes('"status":404')))
  t.notOk(
    log.some((line) => line.includes('"level"') && line.includes('secret')),
    'queries stay out of its log',
  )
})

t.test('nginx answers what cannot be read with a problem, too', async (t) => {
  const { url } = await startNginx(t, {})
  const { promise, resolve } = Promise.withResolvers<string>()
  httpRequest(url, { path: '/tasks/%zz' })
    .on('response', async (response) => resolve(await text(response)))
    .end()
  t.match(JSON.parse(await promise), { status: 400, code: 'malformed_request' })
})

t.test('the log of nginx has the path as it was sent, in printable ASCII', async (t) => {
  const { url, log } = await startNginx(t, {})
  const paths: [sent: string, logged: string][] = [
    ['/%1b[2J%0aforged', '/%1b[2J%0aforged'],
    ['/%C2%9B2J%e2%80%ae?secret=%1b', '/%C2%9B2J%e2%80%ae'],
    ['/"quoted"\\', '/"quoted"\\'],
    ['/raw\xc2\x9b2J\xe2\x80\xae', '/raw'],
  ]
  for (const [sent, logged] of paths) {
    log.length = 0
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.end(Buffer.from(`GET ${sent} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 'latin1'))
    socket.resume()
    await until(() => log.length > 0)
    const [line = ''] = log
    t.match(line, /^[ -~]*$/, sent)
    t.equal(JSON.parse(line).path, logged)
  }
})

t.test("a service's own errors and CORS headers pass nginx as they are", async (t) => {
  const service = await startService(t, (_request, response) => {
    response
      .writeHead(503, {
        'access-control-allow-origin': ORIGIN,
        vary: 'Origin',
        'retry-after': '7',
        'cache-control': 'x',
      })
      .end('own')
  })
  const { url, log } = await startNginx(t, { taskUpstreams: [service.origin] })
  const response = await fetch(`${url}/tasks/`, { headers: { origin: ORIGIN } })
  t.equal(await response.text(), 'own')
  for (const [name, value] of [
    ['access-control-allow-origin', ORIGIN],
    ['vary', 'Origin'],
    ['retry-after', '7'],
    ['cache-control', 'x'],
  ] as const) {
    t.equal(response.headers.get(name), value, name)
  }
  t.strictSame(log, [], 'the service has logged it')
})

t.test('nginx repeats a GET on another instance and never a POST that was sent', async (t) => {
  const breaking = await startService(t, (request) => void request.socket.destroy())
  const sound = await startService(t)
  const { url } = await startNginx(t, { taskUpstreams: [REFUSING, breaking.origin, sound.origin] })
  for (let call = 0; call < 6; call++) t.equal((await fetch(`${url}/tasks/`)).status, 200)
  const [before, soundBefore] = [breaking.seen.length, sound.seen.length]
  const statuses: number[] = []
  for (let call = 0; call < 6; call++)
    statuses.push((await fetch(`${url}/tasks/`, { method: 'POST', body: '{}' })).status)
  const broken = statuses.filter((status) => status === 502).length
  t.ok(broken > 0)
  t.equal(breaking.seen.length - before, broken)
  t.equal(sound.seen.length - soundBefore, statuses.length - broken)
})

t.test(
  'nginx repeats a creation with an Idempotency-Key, with its body, and only where a key counts',
  async (t) => {
    const breaking = await startService(t, (request) => void request.socket.destroy())
    const sound = await startService(t)
    const { url } = await startNginx(t, { taskUpstreams: [breaking.origin, sound.origin] })
    const post = (path: string, origin = url) =>
      fetch(origin + path, { method: 'POST', body: '{"title":"a"}', headers: { 'idempotency-key': 'k' } })
    const paths = ['/tasks/', '/api/v1/tasks', '/tasks/bulk', '/tasks?x=%20']
    for (const path of paths)
      for (let call = 0; call < 2; call++) t.equal((await post(path)).status, 200, path)
    t.ok(breaking.seen.length > 0, 'the broken one was tried')
    t.ok(sound.seen.every(({ body }) => body === '{"title":"a"}'))
    t.same([...new Set(sound.seen.map(({ request }) => request.url))], paths)
    t.same(new Set(sound.seen.map(({ request }) => request.headers['idempotency-key'])), new Set(['k']))
    const statuses = [await post('/tasks/64b0/restore'), await post('/tasks/64b0/restore')]
    t.same(statuses.map(({ status }) => status).sort(), [200, 502])
    const alone = await startNginx(t, { taskUpstreams: [breaking.origin] })
    const refused = await post('/tasks', alone.url)
    t.equal(refused.status, 502)
    t.match(await refused.json(), { code: 'bad_gateway' })
  },
)

t.test('nginx prefers the instance with the fewest connections', async (t) => {
  const held: ServerResponse[] = []
  const slow = await startService(t, (_request, response) => void held.push(response))
  const quick = await startService(t)
  const { url } = await startNginx(t, { taskUpstreams: [slow.origin, quick.origin] })
  const pending = [fetch(`${url}/tasks/`), fetch(`${url}/tasks/`)]
  await until(() => held.length === 1)
  for (let call = 0; call < 5; call++) t.equal((await fetch(`${url}/tasks/`)).status, 200)
  t.equal(slow.seen.length, 1)
  held[0]?.end()
  await Promise.all(pending)
})

t.test('an event stream passes nginx as it is written', async (t) => {
  const service = await startService(t, (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      .write('data: first\n\n')
  })
  const { url } = await startNginx(t, { taskUpstreams: [service.origin] })
  const abort = new AbortController()
  const response = await fetch(`${url}/tasks/events`, { signal: abort.signal })
  t.equal(Buffer.from((await response.body?.getReader().read())?.value ?? []).toString(), 'data: first\n\n')
  abort.abort()
})

t.test('nginx serves the page as the other gateway does', async (t) => {
  const service = await startService(t)
  const page = { directory: await builtPage(t), connectTo: [] }
  const { url } = await startNginx(t, { authUpstreams: [service.origin], page })
  const index = await fetch(`${url}/`)
  t.equal(index.status, 200)
  t.match(index.headers.get('content-type'), 'text/html')
  t.match(index.headers.get('content-security-policy'), "connect-src 'self';")
  t.equal(index.headers.get('cache-control'), 'no-cache')
  t.match(await index.text(), 'AuthDB')
  const asset = await fetch(`${url}/assets/app-1.js`)
  t.match(asset.headers.get('content-type'), 'javascript')
  t.match(asset.headers.get('cache-control'), 'immutable')
  await asset.text()
  for (const path of ['/assets/', '/assets/none.js', '/index.html', '/nowhere']) {
    const answer = await fetch(url + path)
    t.equal(answer.status, 404, path)
    t.match(await answer.json(), { code: 'not_found' })
  }
  t.equal((await fetch(`${url}/health`)).status, 200)
})

t.test('nginx takes other instances while it runs, and refuses nobody meanwhile', async (t) => {
  const [first, second] = [await startService(t), await startService(t)]
  const { url, aim } = await startNginx(t, { taskUpstreams: [first.origin] })
  // Idle connections of clients end with the old worker; browsers ask again on another one, fetch does not.
  const ask = async () => (await fetch(`${url}/tasks/`, { headers: { connection: 'close' } })).status
  t.equal(await ask(), 200)
  await aim({ taskUpstreams: [second.origin], balancing: 'round-robin' })
  while (second.seen.length === 0) t.equal(await ask(), 200)
})

t.test('nginx starts in a folder of any name', async (t) => {
  const directory = join(t.testdir(), `a "b" 'c' $HOME; d`)
  const page = join(directory, 'page')
  await cp(await builtPage(t), page, { recursive: true })
  const { url } = await startNginx(t, { page: { directory: page, connectTo: [] } }, directory)
  t.equal((await fetch(`${url}/nowhere`)).status, 404)
  t.equal((await fetch(`${url}/`)).status, 200)
})
