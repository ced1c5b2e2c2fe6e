import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseKeys } from '../src/tokens/index.ts'
import { call, loggedIn } from './support/client.ts'
import { startService } from './support/service.ts'

const { app, environment } = await startService(t)
const { tokens } = await loggedIn(app)
const [header, claims] = tokens.access_token
  .split('.')
  .slice(0, 2)
  .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
const [key] = await parseKeys(readFileSync(environment.SIGNING_KEYS_FILE ?? '', 'utf8'))
const ownKey = createPrivateKey(key?.privatePem ?? '')
const foreignKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** A token with these parts changed; signed with the service's own key unless told otherwise. */
function forge({
  head = {},
  body = {},
  by = ownKey,
}: {
  head?: object
  body?: object
  by?: KeyObject
}): string {
  const input = `${encode({ ...header, ...head })}.${encode({ ...claims, ...body })}`
  return `${input}.${sign('sha256', Buffer.from(input), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function hs256(secret: string): string {
  const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const now = Math.floor(Date.now() / 1000)
const publicPem = key?.publicPem ?? ''
const [encodedHeader, encodedClaims, signature] = tokens.access_token.split('.')

const bad: Record<string, string> = {
  'that is none': 'nonsense',
  'of three empty parts': '..',
  'of three parts of nonsense': 'a.b.c',
  'without a signature': `${encodedHeader}.${encodedClaims}.`,
  'with alg none': `${encode({ ...header, alg: 'none' })}.${encodedClaims}.`,
  'with alg none and a signature': `${encode({ ...header, alg: 'none' })}.${encodedClaims}.${signature}`,
  'signed by HS256 with the public key': hs256(publicPem),
  'signed by HS256 with the key id': hs256(header.kid),
  'signed by another key under our key id': forge({ by: foreignKey }),
  'with an unknown key id': forge({ head: { kid: 'unknown' } }),
  'without a key id': forge({ head: { kid: undefined } }),
  'with an operator for a key id': forge({ head: { kid: { $ne: 1 } } }),
  'with a key of its own': forge({ head: { jwk: { kty: 'EC' }, jku: 'http://127.0.0.1/' }, by: foreignKey }),
  'with a critical extension': forge({ head: { crit: ['x'], x: 1 } }),
  'of another type': forge({ head: { typ: 'JWT' } }),
  'that is a service token': forge({ head: { typ: 'service+jwt' } }),
  'without a type': forge({ head: { typ: undefined } }),
  expired: forge({ body: { exp: now - 1 } }),
  'without an expiry': forge({ body: { exp: undefined } }),
  'with a text for an expiry': forge({ body: { exp: `${now + 1000}` } }),
  'not valid yet': forge({ body: { nbf: now + 1000 } }),
  'for another audience': forge({ body: { aud: 'task-service-internal' } }),
  'without an audience': forge({ body: { aud: undefined } }),
  'of another issuer': forge({ body: { iss: 'https://example.com' } }),
  'without an issuer': forge({ body: { iss: undefined } }),
  'without a subject': forge({ body: { sub: undefined } }),
  'with an operator for a subject': forge({ body: { sub: { $ne: 1 } } }),
  'with a subject that is no id': forge({ body: { sub: 'x' } }),
  'with another’s subject': forge({ body: { sub: '0'.repeat(24) } }),
  'without a session': forge({ body: { sid: undefined } }),
  'of a session there is not': forge({ body: { sid: '0'.repeat(24) } }),
  'with changed claims': `${encodedHeader}.${encode({ ...claims, role: 'ADMIN' })}.${signature}`,
  'with white space in it': `${encodedHeader} .${encodedClaims}.${signature}`,
  'with claims that are a list': `${encodedHeader}.${encode([])}.${signature}`,
  'with a header that is null': `${encode(null)}.${encodedClaims}.${signature}`,
  'without end': `${encodedHeader}.${'a'.repeat(8_000)}.${signature}`,
}

t.test('the token that the forgeries are made from is good, and so is an unchanged forgery', async (t) => {
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 200)
  t.equal((await call(app, 'GET', '/auth/me', undefined, forge({}))).status, 200)
})

for (const [why, token] of Object.entries(bad)) {
  t.test(`a token ${why} is 401 and nothing else`, async (t) => {
    const answer = await call(app, 'GET', '/auth/me', undefined, token)
    t.match(answer, {
      status: 401,
      body: { code: 'invalid_token', detail: 'Could not validate credentials' },
    })
    t.equal(answer.headers['www-authenticate'], 'Bearer error="invalid_token"')
  })
}

for (const authorization of ['', 'Basic YTpi', `Token ${tokens.access_token}`, tokens.access_token]) {
  t.test(`the header “${authorization.slice(0, 16)}” carries no token`, async (t) => {
    const response = await app.inject({ url: '/auth/me', headers: { authorization } })
    t.equal(response.statusCode, 401)
    t.equal(response.json().code, 'token_missing')
  })
}

for (const authorization of ['Bearer', 'Bearer ', 'Bearer x']) {
  t.test(`the header “${authorization}” carries a token that is none`, async (t) => {
    const response = await app.inject({ url: '/auth/me', headers: { authorization } })
    t.equal(response.statusCode, 401)
    t.equal(response.json().code, 'invalid_token')
  })
}

t.test('the scheme is not case-sensitive', async (t) => {
  const authorization = `bearer ${tokens.access_token}`
  t.equal((await app.inject({ url: '/auth/me', headers: { authorization } })).statusCode, 200)
})
