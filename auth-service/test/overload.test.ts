import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { newEmail } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const { app, environment } = await startService(t, { MAX_IN_FLIGHT: '1' })
const url = await app.listen({ host: '127.0.0.1', port: 0 })

t.test(
  'beyond the requests it may have in flight others are 503 at once, and nobody keeps that answer',
  async (t) => {
    const { port } = new URL(url)
    const body = JSON.stringify({ email: newEmail(), password: PASSWORD })
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    t.teardown(() => socket.destroy())
    const first = text(socket)
    let arrived = 0
    app.server.on('request', () => arrived++)
    // Its body is held back, so that it is in flight.
    socket.write(
      `POST /auth/register HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    )
    await until('the first has arrived', () => arrived === 1)
    for (let n = 0; n < 3; n++) {
      const answer = await fetch(`${url}/auth/me`)
      t.equal(answer.status, 503)
      t.match(await answer.json(), { code: 'overloaded' })
      t.equal(answer.headers.get('cache-control'), 'no-store')
      t.ok(Number(answer.headers.get('retry-after')) >= 1)
    }
    socket.write(body)
    t.match(await first, /^HTTP\/1.1 201 /)
    await until('there is room again', async () => (await fetch(`${url}/auth/me`)).status === 401)
  },
)

t.test('nor the one to somebody who calls too often', async (t) => {
  const limited = await startInstance(t, { ...environment, RATE_LIMIT_PER_MINUTE: '1' })
  const call = () => limited.inject('/auth/me')
  t.equal((await call()).statusCode, 401)
  const refused = await call()
  t.match(refused.json(), { status: 429, code: 'rate_limited' })
  t.equal(refused.headers['cache-control'], 'no-store')
})
