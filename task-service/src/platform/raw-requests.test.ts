import t from 'tap'
import { ORIGIN, startEdge } from './edge.fixture.ts'
import { rawRequests } from './raw-requests.fixture.ts'

const edge = await startEdge(t)

/** The first answer: its status, headers and body. */
function parse(answer: string) {
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = fields.map((field): [string, string] => {
    const [name = '', value = ''] = field.split(/: (.*)/, 2)
    return [name.toLowerCase(), value]
  })
  return { line, headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') }
}

for (const { why, bytes, status, code, cors } of rawRequests('/read', '/write', ORIGIN)) {
  t.test(`${why} is ${status}, in the envelope, with a line in the log`, async (t) => {
    const logged = edge.log.length
    const { socket, received, closed } = edge.send(bytes)
    socket.end()
    await closed
    const { line, headers, body } = parse(received())
    t.match(line, new RegExp(`^HTTP/1.1 ${status} `))
    if (cors !== false) t.equal(headers['access-control-allow-origin'], ORIGIN)
    if (code !== undefined) {
      t.match(headers['content-type'], /^application\/problem\+json/)
      t.match(JSON.parse(body), { status, code, type: 'about:blank', title: String, detail: /.{4}/ })
      t.equal(JSON.parse(body).request_id, headers['x-request-id'])
    }
    t.equal(received().match(/HTTP\/1\.1 \d{3} /g)?.length, 1, 'one answer')
    const lines = edge.log.slice(logged)
    t.match(lines, [{ level: 30, req_id: headers['x-request-id'], status, msg: 'request' }])
    t.equal(lines.length, 1)
    t.notMatch(JSON.stringify(lines), /hunter2|xxxx/)
  })
}

t.test('a wrong method and OPTIONS are told what is allowed', async (t) => {
  for (const method of ['DELETE', 'OPTIONS'] as const) {
    const { headers } = await edge.app.inject({ method, url: '/api/v1/read/' })
    t.equal(headers.allow, 'GET, HEAD, OPTIONS')
  }
})
