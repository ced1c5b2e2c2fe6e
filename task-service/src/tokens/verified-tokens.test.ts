import t from 'tap'
import { VerifiedTokens } from './verified-tokens.ts'

const claims = (secondsLeft = 60) => ({
  sub: '0'.repeat(24),
  sid: 's',
  role: 'USER' as const,
  exp: Math.floor(Date.now() / 1000) + secondsLeft,
})

t.test('a token counts as verified once it was added, and only that one', async (t) => {
  const tokens = new VerifiedTokens(10)
  const known = claims()
  t.equal(tokens.get('a'), undefined)
  tokens.add('a', known)
  t.equal(tokens.get('a'), known)
  t.equal(tokens.get('b'), undefined)
})

t.test('it stops counting in the second it expires', async (t) => {
  const tokens = new VerifiedTokens(10)
  tokens.add('a', claims(0))
  t.equal(tokens.get('a'), undefined)
  tokens.add('a', claims(-1))
  t.equal(tokens.get('a'), undefined)
})

t.test('the oldest makes room', async (t) => {
  const tokens = new VerifiedTokens(2)
  for (const token of ['a', 'b', 'c']) tokens.add(token, claims())
  t.equal(tokens.get('a'), undefined)
  t.ok(tokens.get('b'))
  t.ok(tokens.get('c'))
})

t.test('cleared, none counts', async (t) => {
  const tokens = new VerifiedTokens(2)
  tokens.add('a', claims())
  tokens.clear()
  t.equal(tokens.get('a'), undefined)
})
