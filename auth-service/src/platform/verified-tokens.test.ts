import t from 'tap'
import { VerifiedTokens } from './verified-tokens.ts'

type Claims = ReturnType<typeof claims>

const claims = (secondsLeft = 60) => ({
  sub: '0'.repeat(24),
  sid: 's',
  role: 'USER' as const,
  exp: Math.floor(Date.now() / 1000) + secondsLeft,
})

/** @returns tokens verified with the one key there is, and how to have another one */
function scene(limit = 10) {
  let key: string | undefined = 'first key'
  const tokens = new VerifiedTokens<Claims>(limit, (kid) => (kid === 'k' ? key : undefined))
  const add = (token: string, known = claims()) =>
    tokens.add(token, { claims: known, kid: 'k', key: 'first key' })
  return { tokens, add, change: (next: string | undefined) => (key = next) }
}

t.test('a token counts as verified once it was added, and only that one', async (t) => {
  const { tokens, add } = scene()
  const known = claims()
  t.equal(tokens.get('a'), undefined)
  add('a', known)
  t.equal(tokens.get('a'), known)
  t.equal(tokens.get('b'), undefined)
})

t.test('it stops counting in the second it expires', async (t) => {
  const { tokens, add } = scene()
  add('a', claims(0))
  t.equal(tokens.get('a'), undefined)
  add('a', claims(-1))
  t.equal(tokens.get('a'), undefined)
})

t.test('the one used longest ago makes room', async (t) => {
  const { tokens, add } = scene(2)
  for (const token of ['a', 'b', 'c']) add(token)
  t.equal(tokens.get('a'), undefined)
  t.ok(tokens.get('b'))
  t.ok(tokens.get('c'))
})

t.test('a token stops counting with the key that has verified it', async (t) => {
  for (const next of [undefined, 'another key of the same id']) {
    const { tokens, add, change } = scene()
    add('a')
    t.ok(tokens.get('a'))
    change(next)
    t.equal(tokens.get('a'), undefined)
    change('first key')
    t.equal(tokens.get('a'), undefined, 'and is verified again when the key is back')
  }
})
