import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { Registry } from '@prometheus-io/client'
import Fastify from 'fastify'
import t from 'tap'
import errorHandler from './error-handler.ts'
import publicHttp, { serverOptions } from './public-http.ts'

const config = { LOG_LEVEL: 'silent', TRUST_PROXY: [], CORS_ORIGINS: [], RATE_LIMIT_PER_MINUTE: 0 }
const app = Fastify(serverOptions(config, 'test'))
await app.register(errorHandler)
await app.register(publicHttp, { config, registry: new Registry() })
app.post('/without', async (request) => ({ body: request.body ?? null }))
app.delete('/without', async (request) => ({ body: request.body ?? null }))
app.post('/with', { schema: { body: { type: 'object' } } }, async (request) => request.body)
await app.listen({ port: 0, host: '127.0.0.1' })
t.teardown(() => app.close())
const { port } = app.server.address() as AddressInfo

/** The first line of the answer to a request that is sent as it is. */
async function send(method: string, path: string, headers: string[], body = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes))
  socket.write(
    [`${method} ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', body].join('\r\n'),
  )
  await once(socket, 'close')
  return answer.split('\r\n', 1)[0] ?? ''
}

/** `application/json` is refused only where it is no JSON. */
const TYPES = [
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/octet-stream',
  'application/json',
]
/** As clients send nothing: by its length, and in chunks. */
const EMPTY: [string, string][] = [
  ['Content-Length: 0', ''],
  ['Transfer-Encoding: chunked', '0\r\n\r\n'],
]
for (const type of TYPES) {
  for (const method of ['POST', 'DELETE']) {
    t.test(`an empty body of type ${type} is none where ${method} takes none`, async (t) => {
      for (const [framing, body] of EMPTY) {
        const status = await send(method, '/without', [`Content-Type: ${type}`, framing], body)
        t.equal(status, 'HTTP/1.1 200 OK', framing)
      }
    })
  }
}

for (const type of TYPES.filter((type) => type !== 'application/json')) {
  t.test(`a body of type ${type} is refused, also an empty one where a route takes one`, async (t) => {
    const refused = 'HTTP/1.1 415 Unsupported Media Type'
    const header = `Content-Type: ${type}`
    t.equal(await send('POST', '/without', [header, 'Content-Length: 3'], 'a=b'), refused)
    t.equal(
      await send('POST', '/without', [header, 'Transfer-Encoding: chunked'], '3\r\na=b\r\n0\r\n\r\n'),
      refused,
    )
    t.equal(await send('POST', '/with', [header, 'Content-Length: 3'], 'a=b'), refused)
    t.equal(await send('POST', '/with', [header, 'Content-Length: 0']), refused)
  })
}
