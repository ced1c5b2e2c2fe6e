import t from 'tap'
import { encode } from './support/issuer.ts'
import { TestService } from './support/service.ts'

const PER_MINUTE = 5
const MAX_IN_FLIGHT = 3
const ORIGIN = 'http://localhost:5173'

const limited = await TestService.start({ RATE_LIMIT_PER_MINUTE: String(PER_MINUTE) })
t.teardown(() => limited.close())
const busy = await limited.another({
  RATE_LIMIT_PER_MINUTE: '0',
  MAX_IN_FLIGHT: String(MAX_IN_FLIGHT),
})
await Promise.all([limited.ready(), busy.ready()])

let addresses = 0
/** Calls from an address of their own, as a trusted proxy reports it. */
async function newAddress() {
  const address = `203.0.113.${++addresses}`
  const { call } = await limited.someone()
  return (url = '/tasks/', headers: Record<string, string> = {}) =>
    call('GET', url, undefined, { 'x-forwarded-for': address, origin: ORIGIN, ...headers })
}

t.test('calls are counted down, and too many are 429 with the time to wait', async (t) => {
  const call = await newAddress()
  for (let left = PER_MINUTE - 1; left >= 0; left--) {
    const { statusCode, headers } = await call()
    t.equal(statusCode, 200)
    t.match(headers, { 'ratelimit-limit': `${PER_MINUTE}`, 'ratelimit-remaining': `${left}` })
    t.ok(Number(headers['ratelimit-reset']) > 0 && Number(headers['ratelimit-reset']) <= 60)
  }
  const refused = await call()
  t.equal(refused.statusCode, 429)
  t.match(refused.headers['content-type'], /^application\/problem\+json/)
  t.match(refused.json(), {
    status: 429,
    code: 'rate_limited',
    detail: /^Too many requests\. Please wait \d+ /,
  })
  t.ok(Number(refused.headers['retry-after']) > 0 && Number(refused.headers['retry-after']) <= 60)
  t.equal(refused.headers['ratelimit-remaining'], '0')
  t.equal(refused.headers['access-control-allow-origin'], ORIGIN)
})

t.test('addresses are counted apart, users and paths are not', async (t) => {
  const [one, other] = [await newAddress(), await newAddress()]
  const stranger = await limited.issuer.token()
  const urls = ['/tasks/', '/api/v1/tasks', '/tasks/?limit=1', `/tasks/${'0'.repeat(24)}`, '/tasks/x']
  for (const url of urls) t.not((await one(url)).statusCode, 429, url)
  t.equal((await one()).statusCode, 429)
  t.equal((await one('/tasks/', { authorization: `Bearer ${stranger}` })).statusCode, 429)
  t.equal((await other()).statusCode, 200)
})

t.test('calls that are refused for their token count as well', async (t) => {
  const call = await newAddress()
  const forged = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'x' })}.${encode({})}.c2lnbmF0dXJl`
  const statuses: number[] = []
  for (let n = 0; n <= PER_MINUTE; n++)
    statuses.push((await call('/tasks/', { authorization: `Bearer ${forged}` })).statusCode)
  t.same(statuses, [...Array(PER_MINUTE).fill(401), 429])
})

t.test('preflights count against no limit', async (t) => {
  const call = await newAddress()
  for (let n = 0; n < 3 * PER_MINUTE; n++) {
    const { statusCode } = await limited.app.inject({
      method: 'OPTIONS',
      url: '/tasks/',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'x-forwarded-for': `203.0.113.${addresses}`,
      },
    })
    t.equal(statusCode, 204)
  }
  t.equal((await call()).statusCode, 200)
})

t.test('above so many requests in flight others are 503 at once, and it recovers', async (t) => {
  const { call } = await busy.someone()
  const read = () => call('GET', '/tasks/?limit=1', undefined, { origin: ORIGIN })
  // All arrive before the first can have got anything from MongoDB.
  const answers = await Promise.all(Array.from({ length: MAX_IN_FLIGHT + 1 }, read))
  const refused = answers.pop()
  for (const { statusCode } of answers) t.equal(statusCode, 200)
  t.equal(refused?.statusCode, 503)
  t.match(refused?.json(), { code: 'overloaded', detail: /busy/ })
  t.ok(Number(refused?.headers['retry-after']) >= 1)
  t.equal(refused?.headers['access-control-allow-origin'], ORIGIN)
  t.equal((await read()).statusCode, 200, 'there is room again')
})
