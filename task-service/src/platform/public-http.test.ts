import t from 'tap'
import { ORIGIN, startEdge } from './edge.fixture.ts'

t.test('HSTS is said on connections that are https, as a trusted proxy tells', async (t) => {
  const trusting = await startEdge(t, { config: { TRUST_PROXY: ['loopback'] } })
  const stranger = await startEdge(t)
  const headers = { 'x-forwarded-proto': 'https' }
  const hsts = async (edge: typeof trusting, sent = {}) =>
    (await edge.app.inject({ url: '/read', headers: sent })).headers['strict-transport-security']
  t.equal(await hsts(trusting, headers), 'max-age=31536000; includeSubDomains')
  t.equal(await hsts(trusting), undefined)
  t.equal(await hsts(trusting, { 'x-forwarded-proto': 'http' }), undefined)
  t.equal(await hsts(stranger, headers), undefined, 'RFC 6797 §7.2: never over http')
})

t.test('OPTIONS counts against no limit, whoever asks and for whatever', async (t) => {
  const { app } = await startEdge(t, { config: { RATE_LIMIT_PER_MINUTE: 1 } })
  const asked = [
    {},
    { origin: ORIGIN },
    { origin: 'https://elsewhere.example' },
    { origin: 'https://elsewhere.example', 'access-control-request-method': 'GET' },
    { origin: ORIGIN, 'access-control-request-method': 'GET' },
  ]
  for (const headers of asked)
    t.equal((await app.inject({ method: 'OPTIONS', url: '/read', headers })).statusCode, 204)
  t.equal((await app.inject('/read')).statusCode, 200)
  t.equal((await app.inject('/read')).statusCode, 429)
})

t.test(
  'an origin that is allowed hears what it may send and read, another one only that it matters',
  async (t) => {
    const { app } = await startEdge(t)
    const ask = async (method: 'GET' | 'OPTIONS', url: string, origin?: string) =>
      app.inject({ method, url, headers: origin === undefined ? {} : { origin } })
    const shared = {
      vary: 'Origin',
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers':
        'etag, link, location, retry-after, x-request-id, cache-status, server-timing, x-served-by',
    }
    const granted = {
      ...shared,
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type, if-match, if-none-match, idempotency-key',
      'access-control-max-age': '600',
    }
    for (const url of ['/read', '/nowhere']) {
      t.match((await ask('GET', url, ORIGIN)).headers, shared, url)
      const preflight = await ask('OPTIONS', url, ORIGIN)
      t.equal(preflight.statusCode, 204)
      t.match(preflight.headers, granted, url)
      for (const origin of [undefined, 'null', 'https://elsewhere.example', `${ORIGIN}.example`]) {
        for (const method of ['GET', 'OPTIONS'] as const) {
          const { headers } = await ask(method, url, origin)
          t.equal(headers.vary, 'Origin')
          t.strictSame(
            Object.keys(headers).filter((name) => name.startsWith('access-control')),
            [],
          )
        }
      }
    }
    t.match((await ask('OPTIONS', '/read')).headers, { allow: 'GET, HEAD, OPTIONS' })
    t.equal((await ask('OPTIONS', '/nowhere')).statusCode, 404)
  },
)
