import { once } from 'node:events'
import t from 'tap'
import { type Connection, ORIGIN, startEdge } from './edge.fixture.ts'
import { httpLimits, PATIENCE } from './http-limits.ts'

const SHORT = { headers: 200, request: 300, check: 50 }
const HEAD = `POST /write HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\nContent-Type: application/json\r\n`

/** Resolves when the answer has begun. */
async function answered({ socket, received }: Connection): Promise<string> {
  while (!received().includes('\r\n\r\n')) await once(socket, 'data')
  return received()
}

t.test('each limit on a client comes with those that make it work', async (t) => {
  const { app } = await startEdge(t)
  const { server } = app
  t.match(server, {
    requestTimeout: PATIENCE.request,
    headersTimeout: PATIENCE.headers,
    connectionsCheckingInterval: PATIENCE.check,
    timeout: PATIENCE.silence,
    keepAliveTimeout: PATIENCE.keepAlive,
    maxRequestsPerSocket: 0,
  })
  t.ok(server.headersTimeout <= server.requestTimeout, 'or Node swaps the two')
  t.ok(PATIENCE.check * 5 <= PATIENCE.headers, 'or a limit holds only roughly')
  t.ok(PATIENCE.request < PATIENCE.silence && PATIENCE.silence < PATIENCE.keepAlive)
  t.equal(httpLimits().requestTimeout, 15_000)
})

t.test('a body that stalls is refused in time, as any other request', async (t) => {
  const edge = await startEdge(t, { patience: SHORT })
  const stalled = edge.send(`${HEAD}Content-Length: 9\r\n\r\n{"a`)
  await stalled.closed
  t.match(stalled.received(), /^HTTP\/1\.1 408 /)
  t.match(stalled.received(), /access-control-allow-origin: http:\/\/localhost:5173/i)
  t.match(stalled.received(), /"code":"request_timeout"/)
  t.match(edge.log, [{ status: 408, path: '/write', level: 30 }])
  t.equal(edge.log.length, 1)
})

t.test('so is a request whose head stalls', async (t) => {
  const edge = await startEdge(t, { patience: SHORT })
  const stalled = edge.send('GET /read HTTP/1.1\r\nHost: a\r\n')
  await stalled.closed
  t.match(stalled.received(), /^HTTP\/1\.1 408 /)
  t.match(edge.log, [{ status: 408, level: 30 }])
})

t.test('who was refused before the body stalled gets no second answer', async (t) => {
  const edge = await startEdge(t, { patience: SHORT })
  const stalled = edge.send(
    'POST /nowhere HTTP/1.1\r\nHost: a\r\nExpect: fish\r\nContent-Length: 9\r\n\r\n{"a',
  )
  await stalled.closed
  t.equal(stalled.received().match(/HTTP\/1\.1 \d/g)?.length, 1)
})

t.test('requests that wait for their bodies keep nobody out', async (t) => {
  const edge = await startEdge(t, { maxInFlight: 2 })
  const stalled = Array.from({ length: 16 }, () => edge.send(`${HEAD}Content-Length: 9\r\n\r\n{"a":`))
  await Promise.all(stalled.map(({ socket }) => once(socket, 'connect')))
  const [first] = stalled
  for (let n = 0; n < 4; n++) t.equal((await fetch(`http://127.0.0.1:${edge.port}/read`)).status, 200)
  // There is an end to it: they cost memory.
  t.match(await answered(edge.send(`${HEAD}Content-Length: 9\r\n\r\n{"a`)), /^HTTP\/1\.1 503 /)
  first?.socket.write('"b"}')
  t.match(await answered(first as Connection), /^HTTP\/1\.1 200 /)
})

t.test('a place is free again when a client hangs up, at whatever point', async (t) => {
  const edge = await startEdge(t, { maxInFlight: 1 })
  for (const bytes of [
    `${HEAD}Content-Length: 9\r\n\r\n{"a`,
    'GET /read HTTP/1.1\r\nHost: a\r\n\r\n',
    `${HEAD}\r\n`,
  ]) {
    for (let n = 0; n < 12; n++) {
      const { socket, closed } = edge.send(bytes)
      await once(socket, 'connect')
      socket.destroy()
      await closed
    }
  }
  for (;;) {
    const { status } = await fetch(`http://127.0.0.1:${edge.port}/read`)
    if (status === 200) break
    t.equal(status, 503)
  }
})

const partial = `${HEAD}Content-Length: 9\r\n\r\n{"a`
const ways = {
  'closes the connection': 'destroy',
  'resets the connection': 'resetAndDestroy',
  'closes its half': 'end',
} as const
for (const [how, method] of Object.entries(ways)) {
  for (const [when, bytes] of [
    ['while it sends a body', partial],
    ['while its request is served', 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'],
  ] as const) {
    t.test(`a client that ${how} ${when} is no error of ours`, async (t) => {
      const served = Promise.withResolvers<string>()
      const edge = await startEdge(t, {
        routes(app) {
          app.post('/write', async () => 'x')
          app.get('/slow', async () => served.promise)
        },
      })
      const { socket } = edge.send(bytes)
      const [request] = await once(edge.app.server, 'request')
      socket[method]()
      if (method === 'resetAndDestroy') await new Promise((resolve) => request.socket.once('close', resolve))
      served.resolve('late')
      while (edge.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      // A connection that is closed from one side alone can still take the answer.
      const status = bytes === partial || method === 'resetAndDestroy' ? 499 : 200
      t.match(edge.log, [{ level: 30, status, msg: 'request' }])
      t.notMatch(JSON.stringify(edge.log), /stack|"err"/)
    })
  }
}

t.test('a client that reads no answer is cut off, and its place is free', async (t) => {
  const routes = (app: Parameters<NonNullable<Parameters<typeof startEdge>[1]>['routes'] & object>[0]) => {
    app.get('/large', async () => 'x'.repeat(50_000_000))
  }
  const edge = await startEdge(t, { patience: { silence: 2_000 }, maxInFlight: 1, routes })
  const { socket, closed } = edge.send('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
  socket.pause()
  await once(edge.app.server, 'request')
  t.equal((await fetch(`http://127.0.0.1:${edge.port}/large`)).status, 503)
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${edge.port}/large`)
    await answer.body?.cancel()
    if (answer.status === 200) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  socket.destroy()
  await closed
})
