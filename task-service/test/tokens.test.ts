import { createHmac } from 'node:crypto'
import t from 'tap'
import { encode, es256, newSigningKey } from './support/issuer.ts'
import { TestService } from './support/service.ts'
import { undisturbed } from './support/undisturbed.ts'
import { until } from './support/until.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
const { issuer } = service

const good = await issuer.token()
const [head = '', body = '', signature = ''] = good.split('.')
const header = JSON.parse(Buffer.from(head, 'base64url').toString())
const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
const publicPem = issuer.key.publicKey.export({ type: 'spki', format: 'pem' })
const stranger = newSigningKey()
const now = Math.floor(Date.now() / 1000)
const forge = (changes: object, headers: object = {}) => issuer.token({ ...claims, ...changes }, headers)

function hs256(secret: string | Buffer): string {
  const input = `${encode({ ...header, alg: 'HS256' })}.${body}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const get = (authorization?: string) =>
  service.app.inject({ url: '/tasks/', headers: authorization === undefined ? {} : { authorization } })

const bad: Record<string, string> = {
  'that is none': 'nonsense',
  'of three empty parts': '..',
  'of three parts of nonsense': 'a.b.c',
  'without a signature': `${head}.${body}.`,
  'with two parts': `${head}.${body}`,
  'with alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
  'with alg none and a signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
  'signed by HS256 with the public key': hs256(publicPem),
  'signed by HS256 with the key id': hs256(issuer.key.kid),
  'signed by another key under a known key id': await issuer.token({}, {}, stranger.privateKey),
  'with an unknown key id': await forge({}, { kid: stranger.kid }),
  'without a key id': await forge({}, { kid: undefined }),
  'with an operator for a key id': await forge({}, { kid: { $ne: 1 } }),
  'with a key of its own': await issuer.token(
    claims,
    { jwk: stranger.publicKey.export({ format: 'jwk' }), jku: `${issuer.url}/x`, kid: 'x' },
    stranger.privateKey,
  ),
  'of another type': await forge({}, { typ: 'JWT' }),
  'that is a service token': await issuer.serviceToken(),
  'that is a service token for this audience': await issuer.serviceToken({ aud: 'authdb', sub: claims.sub }),
  'without a type': await forge({}, { typ: undefined }),
  expired: await forge({ exp: now - 1 }),
  'without an expiry': await forge({ exp: undefined }),
  'with a text for an expiry': await forge({ exp: `${now + 1000}` }),
  'not valid yet': await forge({ nbf: now + 1000 }),
  'for another audience': await forge({ aud: 'task-service-internal' }),
  'without an audience': await forge({ aud: undefined }),
  'of another issuer': await forge({ iss: 'https://example.com' }),
  'without an issuer': await forge({ iss: undefined }),
  'without a subject': await forge({ sub: undefined }),
  'with an operator for a subject': await forge({ sub: { $ne: 1 } }),
  'with a subject that is no id': await forge({ sub: 'x' }),
  'without a session': await forge({ sid: undefined }),
  'with an empty session': await forge({ sid: '' }),
  'with an operator for a session': await forge({ sid: { $ne: 1 } }),
  'without a role': await forge({ role: undefined }),
  'with a role there is not': await forge({ role: 'ROOT' }),
  'with changed claims': `${head}.${encode({ ...claims, role: 'ADMIN' })}.${signature}`,
  'with claims that are a list': `${head}.${encode([])}.${es256(`${head}.${encode([])}`, issuer.key.privateKey)}`,
  'with a header that is null': `${encode(null)}.${body}.${signature}`,
  'with white space in it': `${head} .${body}.${signature}`,
  'in bytes that are no text': 'é.é.é',
  'without end': `${head}.${'a'.repeat(8_000)}.${signature}`,
}

t.test('the token that the forgeries are made from is good, and so is an unchanged forgery', async (t) => {
  t.equal((await get(`Bearer ${good}`)).statusCode, 200)
  t.equal((await get(`bearer  ${good}`)).statusCode, 200, 'RFC 6750 §2.1: one space or more')
  t.equal((await get(`Bearer ${await forge({})}`)).statusCode, 200)
  t.equal(
    (await get(`Bearer ${await forge({ aud: ['other', 'authdb'] })}`)).statusCode,
    200,
    'one of several',
  )
})

for (const [why, token] of Object.entries(bad)) {
  t.test(`a token ${why} is 401 and nothing else`, async (t) => {
    // Twice: what was refused is not remembered as verified.
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await get(`Bearer ${token}`)
      t.equal(answer.statusCode, 401)
      t.match(answer.headers['content-type'], /^application\/problem\+json/)
      t.match(answer.json(), { code: 'invalid_token', detail: 'Could not validate credentials' })
      t.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
    }
  })
}

t.test('without a token the answer says which kind is wanted, and no error code', async (t) => {
  const answer = await get()
  t.equal(answer.statusCode, 401)
  t.match(answer.json(), { code: 'token_missing', detail: 'Not authenticated' })
  t.equal(answer.headers['www-authenticate'], 'Bearer')
})

for (const authorization of ['', 'Basic YTpi', `Token ${good}`, good]) {
  t.test(`the header “${authorization.slice(0, 16)}” carries no token`, async (t) => {
    const answer = await get(authorization)
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'token_missing')
  })
}

for (const authorization of ['Bearer', 'Bearer ', `Bearer ${good} x`]) {
  t.test(`the header “${authorization.slice(0, 16)}” carries a token that is none`, async (t) => {
    const answer = await get(authorization)
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'invalid_token')
  })
}

t.test('the scheme is not case-sensitive', async (t) => {
  t.equal((await get(`bearer ${good}`)).statusCode, 200)
})

t.test('a token in the query or a cookie counts for nothing', async (t) => {
  const url = `/tasks/?access_token=${good}&token=${good}`
  t.equal((await service.app.inject({ url, headers: { cookie: `token=${good}` } })).statusCode, 401)
})

t.test('a token that was accepted is refused once it has expired', async (t) => {
  let token = ''
  await until('a token is accepted before it expires', async () => {
    token = await issuer.token({ exp: Math.floor(Date.now() / 1000) + 2 })
    return (await get(`Bearer ${token}`)).statusCode === 200
  })
  await until('it has expired', async () => (await get(`Bearer ${token}`)).statusCode === 401)
  t.match((await get(`Bearer ${token}`)).json(), { code: 'invalid_token' })
})

undisturbed(
  'a session that was ended is refused after the next look, though its token was verified before',
  async (t) => {
    const [ended, other] = [await issuer.token({ sid: 'ended' }), await issuer.token({ sid: 'other' })]
    t.equal((await get(`Bearer ${ended}`)).statusCode, 200)
    issuer.endSession('ended')
    const reads = issuer.endedReads
    await until('the end of the session', async () => (await get(`Bearer ${ended}`)).statusCode === 401)
    t.ok(issuer.endedReads <= reads + 2, `${issuer.endedReads - reads} looks, one a second`)
    t.match((await get(`Bearer ${ended}`)).json(), { code: 'invalid_token' })
    t.equal(
      (await get(`Bearer ${await issuer.token({ sid: 'ended' })}`)).statusCode,
      401,
      'so are its new tokens',
    )
    t.equal((await get(`Bearer ${other}`)).statusCode, 200)
  },
)

t.test('while the issuer is away its keys and the sessions it ended still count', async (t) => {
  const ended = await issuer.token({ sid: 'ended' })
  await issuer.close()
  t.equal((await get(`Bearer ${await issuer.token()}`)).statusCode, 200, 'a token seen for the first time')
  t.equal((await get(`Bearer ${await forge({}, { kid: stranger.kid })}`)).statusCode, 401)
  t.equal((await get(`Bearer ${ended}`)).statusCode, 401)
  issuer.endSession('meanwhile')
  await issuer.listen()
  const meanwhile = await issuer.token({ sid: 'meanwhile' })
  await until('sessions are read again', async () => (await get(`Bearer ${meanwhile}`)).statusCode === 401)
  t.equal((await get(`Bearer ${ended}`)).statusCode, 401)
})

t.test('a key that auth-service has no more counts no longer than until it says so', async (t) => {
  const token = `Bearer ${await issuer.token()}`
  t.equal((await get(token)).statusCode, 200)
  const { keys } = issuer
  issuer.keys = [newSigningKey()]
  await until('it is refused', async () => (await get(token)).statusCode === 401)
  t.equal((await get(`Bearer ${await issuer.token()}`)).statusCode, 200, 'and a new one counts at once')
  issuer.keys = keys
  await until('the old one is back', async () => (await get(token)).statusCode === 200)
})
