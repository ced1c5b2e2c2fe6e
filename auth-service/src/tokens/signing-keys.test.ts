import t from 'tap'
import { formatKeys, parseKeys } from './key-file.ts'
import { rotate } from './rotation.ts'
import { activeKey } from './signing-keys.ts'

const DAY = 86_400
const PROPAGATION = 900

t.test('the first key signs at once; a newer one when it is older than the propagation delay', async (t) => {
  const alone = rotate([], 1_000)
  const keys = rotate(alone, 50_000)
  const [second, first] = keys
  t.equal(activeKey(alone, 1_000, PROPAGATION), first)
  t.equal(activeKey(keys, 50_000 + PROPAGATION - 1, PROPAGATION), first)
  t.equal(activeKey(keys, 50_000 + PROPAGATION, PROPAGATION), second)
})

t.test('of keys that are all new the oldest signs: it was there first', async (t) => {
  const keys = rotate(rotate([], 1_000), 1_001)
  t.equal(activeKey(keys, 1_002, PROPAGATION), keys[1])
})

t.test('an empty ring is an error', async (t) => {
  t.throws(() => activeKey([], 0, 0), { message: 'the key ring is empty' })
})

t.test('a key is dropped when its successor is three days old, not before', async (t) => {
  const keys = rotate(rotate([], 0), DAY)
  t.equal(rotate(keys, 4 * DAY - 1).length, 3)
  t.equal(rotate(keys, 4 * DAY).length, 2)
})

t.test('a rotation in a loop is stopped', async (t) => {
  let keys = rotate([], 0)
  for (let i = 1; i < 20; i++) keys = rotate(keys, i)
  t.throws(() => rotate(keys, 21), { message: /^20 keys are in use already/ })
})

t.test('keys survive being written and read, with the same ids', async (t) => {
  const keys = rotate(rotate([], 1_000), 2_000)
  t.strictSame(parseKeys(formatKeys(keys)), keys)
})

t.test('the key id is the thumbprint of RFC 7638', async (t) => {
  const { calculateJwkThumbprint } = await import('jose')
  const [key] = rotate([], 0)
  t.equal(key?.kid, await calculateJwkThumbprint(key?.publicJwk ?? {}))
})
