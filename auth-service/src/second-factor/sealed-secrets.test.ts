import t from 'tap'
import { SealedSecrets } from './sealed-secrets.ts'

const ALICE = '0123456789abcdef01234567'
const BOB = '89abcdef0123456789abcdef'
const sealed = new SealedSecrets('a secret of the operator, long enough')

t.test('what was sealed for an account opens for it', async (t) => {
  t.equal(sealed.open(sealed.seal('JBSWY3DPEHPK3PXP', ALICE), ALICE), 'JBSWY3DPEHPK3PXP')
})

t.test('the same text is sealed differently each time, and does not show', async (t) => {
  const [first, second] = [sealed.seal('JBSWY3DPEHPK3PXP', ALICE), sealed.seal('JBSWY3DPEHPK3PXP', ALICE)]
  t.not(first, second)
  t.notMatch(Buffer.from(first, 'base64url').toString('latin1'), /JBSWY3DP/)
})

t.test('it opens neither for another account, nor by another secret, nor when it was changed', async (t) => {
  const text = sealed.seal('JBSWY3DPEHPK3PXP', ALICE)
  const bytes = Buffer.from(text, 'base64url')
  bytes[14] = (bytes[14] as number) ^ 1
  t.throws(() => sealed.open(text, BOB))
  t.throws(() => new SealedSecrets('another secret of the operator').open(text, ALICE))
  t.throws(() => sealed.open(bytes.toString('base64url'), ALICE))
  t.throws(() => sealed.open('', ALICE))
})
