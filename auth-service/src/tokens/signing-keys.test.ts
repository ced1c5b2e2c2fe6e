import { createHash, generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { formatKeys, parseKeys } from './key-file.ts'
import { rotate } from './rotation.ts'
import { activeKey } from './signing-keys.ts'

const DAY = 86_400
const PROPAGATION = 900

t.test('the first key signs at once; a newer one when it is older than the propagation delay', async (t) => {
  const alone = await rotate([], 1_000)
  const keys = await rotate(alone, 50_000)
  const [second, first] = keys
  t.equal(activeKey(alone, 1_000, PROPAGATION), first)
  t.equal(activeKey(keys, 50_000 + PROPAGATION - 1, PROPAGATION), first)
  t.equal(activeKey(keys, 50_000 + PROPAGATION, PROPAGATION), second)
})

t.test('of keys that are all new the oldest signs: it was there first', async (t) => {
  const keys = await rotate(await rotate([], 1_000), 1_001)
  t.equal(activeKey(keys, 1_002, PROPAGATION), keys[1])
})

t.test('an empty ring is an error', async (t) => {
  t.throws(() => activeKey([], 0, 0), { message: 'the key ring is empty' })
})

t.test('a key is dropped when its successor is three days old, not before', async (t) => {
  const keys = await rotate(await rotate([], 0), DAY)
  t.equal((await rotate(keys, 4 * DAY - 1)).length, 3)
  t.equal((await rotate(keys, 4 * DAY)).length, 2)
})

t.test('a rotation in a loop is stopped', async (t) => {
  let keys = await rotate([], 0)
  for (let i = 1; i < 20; i++) keys = await rotate(keys, i)
  await t.rejects(rotate(keys, 21), { message: /^20 keys are in use already/ })
})

t.test('keys survive being written and read, with the same ids', async (t) => {
  const keys = await rotate(await rotate([], 1_000), 2_000)
  t.strictSame(await parseKeys(formatKeys(keys)), keys)
})

t.test('the key id is the thumbprint of RFC 7638', async (t) => {
  const [key] = await rotate([], 0)
  const { crv, kty, x, y } = key?.publicJwk ?? {}
  const text = JSON.stringify({ crv, kty, x, y })
  t.equal(key?.kid, createHash('sha256').update(text).digest('base64url'))
})

t.test('a PEM key is read in either of its formats, as the same key', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const read = async (type: 'pkcs8' | 'sec1') =>
    (await parseKeys(privateKey.export({ type, format: 'pem' }).toString()))[0]
  const [pkcs8, sec1] = [await read('pkcs8'), await read('sec1')]
  t.match(pkcs8, { createdAt: 0, kid: /^[\w-]{43}$/ })
  t.strictSame(sec1, pkcs8)
})

t.test('a key of another curve, or without its private half, is refused', async (t) => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })
  const [key] = await rotate([], 0)
  for (const jwk of [p384, { ...p384, crv: 'P-256' }, key?.publicJwk])
    await t.rejects(parseKeys(JSON.stringify({ keys: [jwk] })), {
      message: 'key 1 is no EC P-256 private key',
    })
})
