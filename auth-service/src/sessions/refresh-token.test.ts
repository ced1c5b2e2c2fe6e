import t from 'tap'
import { RefreshTokens } from './refresh-token.ts'

const tokens = new RefreshTokens('a secret that is long enough for this')
const claim = { sessionId: '0123456789abcdef01234567', counter: 4_000_000_000 }

t.test('says what it was made for, and is the same each time', async (t) => {
  t.strictSame(tokens.read(tokens.issue(claim)), claim)
  t.equal(tokens.issue(claim), tokens.issue(claim))
})

t.test('a change of any character makes it worthless', async (t) => {
  const token = tokens.issue(claim)
  for (let i = 0; i < token.length; i++) {
    const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
    t.equal(tokens.read(changed), undefined, `character ${i}`)
  }
})

t.test('neither another secret nor another form is read', async (t) => {
  const token = tokens.issue(claim)
  t.equal(new RefreshTokens('another secret that is long enough too').read(token), undefined)
  for (const bad of ['', token.slice(1), `${token}A`, `${token.slice(0, 63)}=`, 'ä'.repeat(64)])
    t.equal(tokens.read(bad), undefined)
})

t.test(
  'while the secret is exchanged, the tokens of both are read, whichever an instance makes',
  async (t) => {
    const [old, next] = ['the old secret, which is long enough', 'the next secret, which is long enough']
    const before = new RefreshTokens(old, next)
    const after = new RefreshTokens(next, old)
    for (const maker of [before, after])
      for (const reader of [before, after]) t.strictSame(reader.read(maker.issue(claim)), claim)
    t.not(before.issue(claim), after.issue(claim))
    t.equal(
      new RefreshTokens(next).read(before.issue(claim)),
      undefined,
      'and no longer once the old one is gone',
    )
  },
)
