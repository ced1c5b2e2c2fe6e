import { once } from 'node:events'
import { request as httpRequest, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { createBalancer } from '../src/upstreams.ts'
import { REFUSING, startGateway, startService, until } from './fixtures/gateway.ts'

async function origin(response: Response): Promise<string> {
  return ((await response.json()) as { from: string }).from
}

t.test('requests one after another go to the instances in turn', async (t) => {
  const instances = await Promise.all([startService(t), startService(t), startService(t)])
  const gateway = await startGateway(t, { taskUpstreams: instances.map((one) => one.origin) })
  for (let call = 0; call < 9; call++) await fetch(`${gateway}/tasks/`)
  t.strictSame(
    instances.map((one) => one.seen.length),
    [3, 3, 3],
  )
})

t.test('an instance with requests in flight gets no more while another one is idle', async (t) => {
  const held: ServerResponse[] = []
  const slow = await startService(t, (_request, response) => void held.push(response))
  const quick = await startService(t)
  const gateway = await startGateway(t, { taskUpstreams: [slow.origin, quick.origin] })
  const first = fetch(`${gateway}/tasks/`)
  await until(() => held.length === 1)
  for (let call = 0; call < 5; call++) t.equal(await origin(await fetch(`${gateway}/tasks/`)), quick.origin)
  held[0]?.end('{"from":"slow"}')
  t.equal(await origin(await first), 'slow')
  const both = [fetch(`${gateway}/tasks/`), fetch(`${gateway}/tasks/`)]
  await until(() => held.length === 2)
  held[1]?.end('{}')
  await Promise.all(both)
  t.equal(slow.seen.length, 2, 'once answered, the instance takes its turn again')
})

t.test(
  'an instance that closes with its answer is leaving, and gets no more while others are there',
  async (t) => {
    const leaving = await startService(t, (_request, response) =>
      response.setHeader('connection', 'close').end(JSON.stringify({ from: 'leaving' })),
    )
    const staying = await startService(t)
    const gateway = await startGateway(t, { taskUpstreams: [leaving.origin, staying.origin] })
    for (let call = 0; call < 9; call++) await fetch(`${gateway}/tasks/`, { method: 'POST' })
    t.equal(leaving.seen.length, 1)
    t.equal(staying.seen.length, 8)
    const alone = await startGateway(t, { taskUpstreams: [leaving.origin] })
    for (let call = 0; call < 3; call++) t.equal(await origin(await fetch(`${alone}/tasks/`)), 'leaving')
  },
)

t.test('a request counts until it is answered or its client gives up', async (t) => {
  const silent = await startService(t, () => {})
  const sound = await startService(t)
  const upstreams = { taskUpstreams: [silent.origin], authUpstreams: [sound.origin] }
  const gateway = await startGateway(t, { ...upstreams, maxInFlight: 1 })
  for (let call = 0; call < 3; call++) t.equal((await fetch(`${gateway}/health`)).status, 200)
  const client = httpRequest(`${gateway}/tasks/`).end()
  client.on('error', () => {})
  await until(() => silent.seen.length === 1)
  const refused = await fetch(`${gateway}/health`)
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '1')
  t.match(await refused.json(), { code: 'overloaded' })
  client.destroy()
  while ((await fetch(`${gateway}/health`)).status !== 200);
  t.pass('its place is free again')
})

t.test('the balancer', async (t) => {
  let now = 1000
  const balancer = createBalancer(['http://a', 'http://b'], { now: () => now })
  const first = balancer.acquire([])
  if (!first) throw new Error('no upstream')
  balancer.release(first)
  balancer.passOver(first)
  const others = [balancer.acquire([]), balancer.acquire([])]
  t.notOk(others.includes(first), 'passes over an instance that refused')
  t.equal(balancer.acquire(others.filter((one) => one !== undefined)), first, 'unless nothing else is left')
  balancer.release(first)
  now += 501
  t.equal(balancer.acquire([]), first, 'and only for half a second')
})

for (const method of ['GET', 'HEAD', 'OPTIONS']) {
  t.test(`${method} on a connection that breaks is repeated on another instance`, async (t) => {
    const breaking = await startService(t, (request) => void request.socket.destroy())
    const sound = await startService(t)
    const gateway = await startGateway(t, { taskUpstreams: [breaking.origin, sound.origin] })
    for (let call = 0; call < 4; call++) {
      t.equal((await fetch(`${gateway}/tasks/`, { method })).status, 200)
    }
    t.ok(breaking.seen.length > 0, 'the broken one was tried')
  })
}

t.test(
  'a creation with an Idempotency-Key is repeated as well, with its body, and only where a key counts',
  async (t) => {
    const breaking = await startService(t, (request) => void request.socket.destroy())
    const sound = await startService(t)
    const gateway = await startGateway(t, {
      taskUpstreams: [breaking.origin, sound.origin],
      authUpstreams: [breaking.origin, sound.origin],
    })
    const post = (path: string) =>
      fetch(gateway + path, { method: 'POST', body: '{"title":"a"}', headers: { 'idempotency-key': 'k' } })
    for (const path of ['/tasks/', '/api/v1/tasks', '/tasks/bulk', '/tasks?x=1'])
      for (let call = 0; call < 2; call++) t.equal((await post(path)).status, 200, path)
    t.ok(breaking.seen.length > 0, 'the broken one was tried')
    t.ok(sound.seen.every(({ body }) => body === '{"title":"a"}'))
    for (const path of ['/auth/register', '/tasks/64b0/restore']) {
      const statuses = [(await post(path)).status, (await post(path)).status]
      t.same(statuses.sort(), [200, 502], path)
    }
  },
)

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
  t.test(`${method} on a connection that breaks is never sent a second time`, async (t) => {
    const breaking = await startService(t, (request) => void request.socket.destroy())
    const other = await startService(t, (request) => void request.socket.destroy())
    const gateway = await startGateway(t, { taskUpstreams: [breaking.origin, other.origin] })
    const response = await fetch(`${gateway}/tasks/`, { method, body: '{}' })
    t.equal(response.status, 502)
    t.equal(((await response.json()) as { code: string }).code, 'bad_gateway')
    t.equal(breaking.seen.length + other.seen.length, 1)
  })
}

t.test(
  'a request that no connection could be made for goes to another instance, whatever its method',
  async (t) => {
    const sound = await startService(t)
    const gateway = await startGateway(t, { taskUpstreams: [REFUSING, sound.origin] })
    for (let call = 0; call < 4; call++) {
      t.equal((await fetch(`${gateway}/tasks/`, { method: 'POST', body: `{"call":${call}}` })).status, 200)
    }
    t.strictSame(
      sound.seen.map((one) => one.body),
      [0, 1, 2, 3].map((call) => `{"call":${call}}`),
      'each once, with its body',
    )
  },
)

t.test('an answer of 503 is passed on, not asked for again', async (t) => {
  const busy = await startService(t, (_request, response) => {
    response.writeHead(503, { 'retry-after': '7' }).end('busy')
  })
  const gateway = await startGateway(t, { taskUpstreams: [busy.origin] })
  const response = await fetch(`${gateway}/tasks/`)
  t.equal(response.status, 503)
  t.equal(response.headers.get('retry-after'), '7')
  t.equal(await response.text(), 'busy')
  t.equal(busy.seen.length, 1)
})

t.test('connections to an instance are kept and used again', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  for (let call = 0; call < 5; call++) await (await fetch(`${gateway}/tasks/`)).text()
  t.equal(new Set(service.seen.map((one) => one.request.socket.remotePort)).size, 1)
})

t.test('a GET survives an instance that closes the connection it had kept', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  for (let call = 0; call < 5; call++) {
    t.equal((await fetch(`${gateway}/tasks/`)).status, 200)
    service.server.closeIdleConnections()
  }
})

t.test('an event stream passes through as it is written, and ends with its client', async (t) => {
  let stream: ServerResponse | undefined
  const service = await startService(t, (_request, response) => {
    stream = response.writeHead(200, { 'content-type': 'text/event-stream' })
    stream.write('data: first\n\n')
  })
  const gateway = await startGateway(t, { taskUpstreams: [service.origin] })
  const abort = new AbortController()
  const response = await fetch(`${gateway}/tasks/events`, { signal: abort.signal })
  const reader = response.body?.getReader()
  t.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'data: first\n\n')
  stream?.write('data: second\n\n')
  t.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'data: second\n\n')
  const closed = once(stream as ServerResponse, 'close')
  abort.abort()
  await closed
  t.pass('the instance was told that the client left')
})

t.test('an instance that does not answer in time costs a 504, not a hanging client', async (t) => {
  const silent = await startService(t, () => {})
  const gateway = await startGateway(t, { taskUpstreams: [silent.origin], upstreamTimeoutMs: 1_000 })
  const response = await fetch(`${gateway}/tasks/`)
  t.equal(response.status, 504)
  t.equal(((await response.json()) as { code: string }).code, 'gateway_timeout')
  t.equal(silent.seen.length, 1)
})

t.test('bytes that are not HTTP are answered with a problem', async (t) => {
  const gateway = new URL(await startGateway(t, {}))
  const socket = connect(Number(gateway.port), gateway.hostname)
  socket.end('nonsense\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(answer, '"code":"malformed_request"')
})
