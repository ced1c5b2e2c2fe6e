import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { TestService } from './support/service.ts'
import { until } from './support/until.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
await service.app.listen({ host: '127.0.0.1', port: 0 })
const { port } = service.app.server.address() as AddressInfo
const { token } = await service.someone()

const PART = 'x'.repeat(32_768)
const chunk = `${PART.length.toString(16)}\r\n${PART}\r\n`

/** A body of 128 KiB in parts, and how its head announces it. */
const bodies = {
  'of a stated length': { head: 'content-length: 131072', part: PART, end: '' },
  'in chunks': { head: 'transfer-encoding: chunked', part: chunk, end: '0\r\n\r\n' },
}

for (const [what, { head, part, end }] of Object.entries(bodies)) {
  t.test(
    `a body too large ${what} is 413 on a connection that stays, or a proxy would make 502 of it`,
    async (t) => {
      const socket = connect({ host: '127.0.0.1', port })
      t.teardown(() => socket.destroy())
      let received = ''
      let closed = false
      socket.on('data', (data) => (received += data))
      socket.on('close', () => (closed = true))
      await once(socket, 'connect')
      const request = `authorization: Bearer ${token}\r\nhost: a\r\ncontent-type: application/json\r\n`
      socket.write(`POST /tasks/ HTTP/1.1\r\n${request}${head}\r\n\r\n${part}${part}${part}`)
      await until('it is refused', async () => received.startsWith('HTTP/1.1 413'))
      // As a proxy does that has not yet seen the answer.
      await new Promise((resolve) => setTimeout(resolve, 100))
      socket.write(part + end)
      socket.write('GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n')
      await until(
        'the next request on it is answered',
        async () => closed || received.includes('HTTP/1.1 404'),
      )
      t.notOk(closed)
    },
  )
}
