import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startGatewayApp, startService } from './fixtures/gateway.ts'

const REQUEST =
  'POST /tasks/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

t.test(
  'a gateway that leaves answers a kept connection once more, and closes it by that answer',
  async (t) => {
    const service = await startService(t)
    const { app, url } = await startGatewayApp(t, { taskUpstreams: [service.origin] })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    const ended = once(socket, 'close')
    async function answer(): Promise<string> {
      socket.write(REQUEST)
      const [bytes] = await Promise.race([once(socket, 'data'), ended])
      return String(bytes)
    }
    t.match(await answer(), /^HTTP\/1.1 200 .*connection: keep-alive/is)
    const left = app.drain(0).then(() => app.close())
    t.match(await answer(), /^HTTP\/1.1 200 .*connection: close/is)
    await ended
    await left
    t.equal(service.seen.length, 2)
  },
)
