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
