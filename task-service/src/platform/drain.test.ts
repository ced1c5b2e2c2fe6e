import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { prepareDrain } from './drain.ts'

/** Longer than any test: what is waited for here happens, or the test hangs. */
const LONG_MS = 600_000
/** An address and no name: what is connected to is known without asking. */
const HOST = '127.0.0.1'
const REQUEST = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'

/** An app that drains as the services do, and a connection to it that was used once and is kept. */
async function drainable(t: Test, keptMs: number) {
  let isDraining = false
  const app = Fastify({ return503OnClosing: false })
  app.addHook('onSend', async (_request, reply) => void (isDraining && reply.header('connection', 'close')))
  app.post('/', async () => 'done')
  const drain = prepareDrain(app, { drain: () => (isDraining = true) }, keptMs)
  await app.listen({ port: 0, host: HOST })
  t.teardown(() => app.close())
  const socket = connect((app.server.address() as AddressInfo).port, HOST)
  t.teardown(() => socket.destroy())
  const request = async () => {
    socket.write(REQUEST)
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    return String(answer)
  }
  t.match(await request(), /connection: keep-alive/i)
  return { app, drain, request, socket }
}

t.test(
  'a connection that was kept is answered once more during a drain, and closed by that answer',
  async (t) => {
    const { app, drain, request, socket } = await drainable(t, LONG_MS)
    const closed = drain(0).then(() => app.close())
    // Time enough to close it wrongly; however long it is, a drain waits.
    await sleep(50)
    const answer = await request()
    t.match(answer, /^HTTP\/1.1 200 /)
    t.match(answer, /connection: close/i)
    if (!socket.closed) await once(socket, 'close')
    await closed
  },
)

t.test(
  'a connection that its client closes ends the drain, and so does one that is not used any more',
  async (t) => {
    const used = await drainable(t, LONG_MS)
    const ended = used.drain(0)
    used.socket.destroy()
    await ended
    const unused = await drainable(t, 1)
    await unused.drain(0)
    t.notOk(unused.socket.closed)
  },
)

t.test('connections that the kernel has accepted when a drain ends are all answered', async (t) => {
  const { app, drain } = await drainable(t, 1)
  await drain(0)
  const { port } = app.server.address() as AddressInfo
  const answers = Array.from({ length: 20 }, async () => {
    const socket = connect(port, HOST)
    socket.write(REQUEST)
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    return String(answer)
  })
  const closed = app.close()
  t.same(
    (await Promise.all(answers)).filter((answer) => !answer.startsWith('HTTP/1.1 200 ')),
    [],
  )
  await closed
})
