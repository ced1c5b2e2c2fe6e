import { Secret } from 'otpauth'
import t from 'tap'
import { isCode, newSecret, otpauthUri, stepOf } from './totp.ts'

/** RFC 6238, appendix B: SHA-1; the last six of its eight digits. */
const SECRET = Secret.fromLatin1('12345678901234567890').base32
const VECTORS = [
  { seconds: 59, code: '287082' },
  { seconds: 1_111_111_109, code: '081804' },
  { seconds: 1_234_567_890, code: '005924' },
  { seconds: 2_000_000_000, code: '279037' },
]

for (const { seconds, code } of VECTORS) {
  t.test(`the code of RFC 6238 at ${seconds} s belongs to its step`, async (t) => {
    t.equal(stepOf(SECRET, code, seconds * 1000), Math.floor(seconds / 30))
  })
}

t.test('a code is accepted one step early and one step late, and no further', async (t) => {
  const step = Math.floor(1_234_567_890 / 30)
  for (const distance of [-1, 0, 1])
    t.equal(stepOf(SECRET, '005924', (1_234_567_890 + distance * 30) * 1000), step)
  for (const distance of [-2, 2])
    t.equal(stepOf(SECRET, '005924', (1_234_567_890 + distance * 30) * 1000), undefined)
})

t.test('a secret is 160 bits of base32, and another one each time', async (t) => {
  t.match(newSecret(), /^[A-Z2-7]{32}$/)
  t.not(newSecret(), newSecret())
})

t.test('an authenticator app is told the issuer and the account', async (t) => {
  const uri = new URL(otpauthUri(SECRET, 'AuthDB', 'a@example.org'))
  t.equal(uri.protocol, 'otpauth:')
  t.equal(uri.searchParams.get('issuer'), 'AuthDB')
  t.equal(uri.searchParams.get('secret'), SECRET)
  t.match(decodeURIComponent(uri.pathname), /a@example\.org/)
})

t.test('six digits are a code, anything else is none', async (t) => {
  t.ok(isCode('012345'))
  for (const text of ['12345', '1234567', '12345a', '١٢٣٤٥٦', '']) t.notOk(isCode(text), text)
})
