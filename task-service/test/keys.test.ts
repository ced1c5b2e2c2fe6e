import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import errorHandler from '../src/platform/error-handler.ts'
import { authenticate, PublicKeys } from '../src/tokens/index.ts'
import { Issuer, newSigningKey } from './support/issuer.ts'
import { until } from './support/until.ts'

const RELOAD_MS = 50
const NEVER_MS = 300_000
const COOLDOWN_MS = 1_000

/** One route behind tokens, whose keys are read again and again from a real issuer. */
async function scene(t: Test, { reloadMs = RELOAD_MS, cooldownMs = NEVER_MS } = {}) {
  const issuer = await Issuer.start()
  let loaded = false
  const keys = new PublicKeys({
    url: `${issuer.url}/.well-known/jwks.json`,
    log: pino({ level: 'silent' }),
    onLoaded: () => {
      loaded = true
    },
    reloadMs,
    cooldownMs,
  })
  const app = Fastify()
  await app.register(errorHandler)
  await app.register(authenticate, {
    keys,
    endedSessions: { isEnded: () => false },
    issuer: 'authdb',
    audience: 'authdb',
  })
  app.get('/', async () => 'ok')
  keys.start()
  t.teardown(async () => {
    keys.stop()
    await app.close()
    await issuer.close()
  })
  await until('the keys', () => loaded)
  const status = async (token: string) =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).statusCode
  return { issuer, status }
}

t.test(
  'a key that was removed stops counting with the next look, also for tokens verified before',
  async (t) => {
    const { issuer, status } = await scene(t)
    const token = await issuer.token()
    t.equal(await status(token), 200)
    issuer.keys = [newSigningKey()]
    await until('the next look', async () => (await status(token)) === 401)
    t.equal(await status(await issuer.token()), 200, 'and the new key counts')
  },
)

t.test('a token with an unknown key does not make the service ask again and again', async (t) => {
  const { issuer, status } = await scene(t, { reloadMs: NEVER_MS })
  const reads = issuer.keyReads
  for (let n = 0; n < 20; n++) t.equal(await status(await issuer.token({}, { kid: `unknown ${n}` })), 401)
  t.equal(issuer.keyReads, reads)
})

t.test('nor does it while the issuer fails', async (t) => {
  const { issuer, status } = await scene(t, { reloadMs: NEVER_MS, cooldownMs: COOLDOWN_MS })
  const known = await issuer.token()
  issuer.failing = true
  const reads = issuer.keyReads
  const unknown = async () => status(await issuer.token({}, { kid: randomUUID() }))
  await until('it asks for a key it does not know', async () => {
    await unknown()
    return issuer.keyReads > reads
  })
  const firstRead = performance.now()
  for (let n = 0; n < 20; n++) await unknown()
  const cooldowns = Math.ceil((performance.now() - firstRead) / COOLDOWN_MS)
  t.ok(issuer.keyReads <= reads + 1 + cooldowns, `${issuer.keyReads - reads} reads in ${cooldowns} cooldowns`)
  t.equal(await status(known), 200)
})

t.test('keys are kept when the issuer does not answer at the time of a look', async (t) => {
  const { issuer, status } = await scene(t)
  issuer.failing = true
  const reads = issuer.keyReads
  await until('some looks in vain', () => issuer.keyReads > reads + 2)
  t.equal(await status(await issuer.token()), 200)
  issuer.failing = false
  issuer.keys = [newSigningKey()]
  const token = await issuer.token()
  await until('a look that is answered', async () => (await status(token)) === 200)
})
