import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { type Service, startGateway, startNginx, startService, until } from './fixtures/gateway.ts'

const BIG = Buffer.alloc(1_000_000, 'x')

/** Answers in every form that HTTP has for the end of a body. */
const answering: RequestListener = (request, response) => {
  switch (request.url) {
    case '/tasks/announced':
      return void response.writeHead(200, { 'content-length': BIG.length }).end(BIG)
    case '/tasks/chunked':
      response.write(BIG.subarray(0, 10))
      return void response.end(BIG.subarray(10))
    case '/tasks/none':
      return void response.writeHead(200, { 'content-length': 0 }).end()
    case '/tasks/nothing-new':
      return void response.writeHead(304, { etag: '"1"' }).end()
    default:
      return void response.writeHead(204).end()
  }
}

t.test('bodies reach the client whole, however they say where they end', async (t) => {
  const service = await startService(t, answering)
  const base = await startGateway(t, { taskUpstreams: [service.origin] })
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${base}/tasks${path}`, { method })
    const { status, headers } = answer
    return { status, length: headers.get('content-length'), bytes: Buffer.from(await answer.arrayBuffer()) }
  }
  t.match(await ask('/announced'), { status: 200, length: String(BIG.length), bytes: BIG })
  t.match(await ask('/chunked'), { status: 200, length: null, bytes: BIG })
  t.match(await ask('/none'), { status: 200, length: '0', bytes: Buffer.alloc(0) })
  t.match(await ask('/nothing-new'), { status: 304, bytes: Buffer.alloc(0) })
  t.match(await ask('/away', 'DELETE'), { status: 204, length: null })
  t.match(await ask('/announced', 'HEAD'), {
    status: 200,
    length: String(BIG.length),
    bytes: Buffer.alloc(0),
  })
})

/** Breaks off after the first half of an answer of which it has said how long it is. */
function breaking(length: number): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': length })
    response.write(Buffer.alloc(length / 2), () => response.socket?.destroy())
  }
}

t.test('half an answer is never taken for one', async (t) => {
  const short = await startService(t, breaking(1_000))
  const long = await startService(t, breaking(2_000_000))
  const whole = await startService(t)
  const ask = async (method: string, ...services: (typeof short)[]) => {
    const base = await startGateway(t, { taskUpstreams: services.map(({ origin }) => origin) })
    return fetch(`${base}/tasks`, { method })
  }
  t.equal((await ask('GET', short, whole)).status, 200, 'a read that broke off is asked for again elsewhere')
  t.equal((await ask('GET', short)).status, 502)
  t.equal((await ask('POST', short, whole)).status, 502, 'a write is never sent twice')
  // What has begun to arrive can only break off at the client, too.
  await t.rejects((await ask('GET', long)).arrayBuffer())
})

t.test('a client that does not read holds up its service, and frees it when it goes', async (t) => {
  let written = 0
  let closed = false
  const service = await startService(t, (_request, response) => {
    response.on('close', () => (closed = true))
    const more = () => {
      do written += BIG.length
      while (!closed && response.write(BIG))
    }
    response.on('drain', more)
    more()
  })
  const base = new URL(await startGateway(t, { taskUpstreams: [service.origin] }))
  const client = connect(Number(base.port), base.hostname)
  client.write('GET /tasks HTTP/1.1\r\nhost: a\r\n\r\n')
  client.pause()
  let before = -1
  // Buffers of the system are full when nothing more is written for many turns.
  for (let quiet = 0; quiet < 200 && written < 100 * BIG.length; quiet = written === before ? quiet + 1 : 0) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  t.ok(written < 100 * BIG.length, `${written} bytes are on their way`)
  client.destroy()
  await until(() => closed)
})

const gateways = {
  'the Fastify gateway': async (t: Test, { origin }: Service) => startGateway(t, { taskUpstreams: [origin] }),
  nginx: async (t: Test, { origin }: Service) => (await startNginx(t, { taskUpstreams: [origin] })).url,
}

for (const [gateway, start] of Object.entries(gateways)) {
  // Far less than a service keeps it, and time enough on any machine.
  t.test(`a connection that nothing is sent on is let go by ${gateway}`, { timeout: 30_000 }, async (t) => {
    const service = await startService(t)
    service.server.keepAliveTimeout = 72_000
    let open = 0
    service.server.on('connection', (socket) => {
      open++
      socket.once('close', () => open--)
    })
    const base = await start(t, service)
    t.equal((await fetch(`${base}/tasks`, { method: 'POST' })).status, 200)
    t.equal(open, 1)
    await until(() => open === 0)
  })
}
