import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { waitUntil } from '../../dev/index.ts'
import { type RawRequest, rawRequests } from '../src/platform/raw-requests.fixture.ts'
import { startGateway, startNginx, startService } from './fixtures/gateway.ts'

const ORIGIN = 'http://localhost:5173'
/** What a gateway passes on, for the service to judge. */
const FOR_THE_SERVICE =
  /^(the method (DELETE|POST) |the content coding |a charset |JSON that |a body in chunks)/

type Expected = Partial<Pick<RawRequest, 'status' | 'code' | 'cors'>>
const MALFORMED: Expected = { status: 400, code: 'malformed_request', cors: false }
/** What nginx passes on as well, or answers in words of its own. */
const NGINX: [why: RegExp, expected: Expected | 'passed on'][] = [
  [/^OPTIONS for|^a method in lower case|^the version 0|^HTTP\/2 without/, MALFORMED],
  [
    /^an empty Host|^a Host with|^a password|^no valid target|^a space in|^a target that|^the version/,
    { cors: false },
  ],
  [/^an unknown method|PROPFIND|^an expectation/, 'passed on'],
  [/^chunked twice/, { status: 501, code: 'transfer_coding_unknown' }],
  [/^CONNECT/, { status: 405, code: 'method_not_allowed' }],
]

const within = (condition: () => boolean) => waitUntil('An answer', 20_000, async () => condition())

/** Bytes on a connection of their own, and all that came back. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (data) => (received += data.toString('latin1')))
  socket.on('error', () => {})
  socket.write(bytes, 'latin1')
  // What was understood keeps the connection open, and is not followed by anything.
  await within(() => socket.destroyed || /\r\n\r\n/.test(received))
  socket.end()
  await within(() => socket.destroyed)
  return received
}

function parse(answer: string) {
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = fields.map((field): [string, string] => {
    const [name = '', value = ''] = field.split(/: (.*)/, 2)
    return [name.toLowerCase(), value]
  })
  return { line, headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') }
}

/** Checks one answer that the gateway makes itself, and that it is in the log. */
async function check(t: Test, url: string, log: string[], { bytes, ...expected }: RawRequest): Promise<void> {
  log.length = 0
  const { line, headers, body } = parse(await exchange(url, bytes))
  t.match(line, new RegExp(`^HTTP/1.1 ${expected.status} `))
  if (expected.code === undefined) return
  const problem = body.includes('\r\n') ? body.split('\r\n')[1] : body
  t.match(JSON.parse(problem ?? ''), { status: expected.status, code: expected.code, detail: /.{4}/ })
  if (expected.cors !== false) t.equal(headers['access-control-allow-origin'], ORIGIN)
  t.equal(JSON.parse(problem ?? '').request_id, headers['x-request-id'])
  await within(() => log.some((one) => one.includes(`"status":${expected.status}`)))
  t.notMatch(log.join(), /hunter2|xxxx/)
}

const requests = rawRequests('/health', '/tasks/', ORIGIN).filter(({ why }) => !FOR_THE_SERVICE.test(why))

t.test('the Fastify gateway answers in the envelope whatever it is sent', async (t) => {
  const service = await startService(t)
  const log: string[] = []
  const upstreams = { authUpstreams: [service.origin], taskUpstreams: [service.origin] }
  const url = await startGateway(t, upstreams, log)
  for (const request of requests) await t.test(request.why, (t) => check(t, url, log, request))
})

t.test('so does nginx', async (t) => {
  const service = await startService(t)
  const { url, log } = await startNginx(t, {
    authUpstreams: [service.origin],
    taskUpstreams: [service.origin],
  })
  for (const request of requests) {
    const [, other] = NGINX.find(([why]) => why.test(request.why)) ?? []
    await t.test(request.why, async (t) => {
      if (other === 'passed on') {
        log.length = 0
        t.match(await exchange(url, request.bytes), /^HTTP\/1\.1 /)
        t.strictSame(log, [], 'the service judges it, and logs it')
      } else await check(t, url, log, { ...request, ...other })
    })
  }
})
