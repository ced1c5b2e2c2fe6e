import t from 'tap'
import { fromText, newRecoveryCodes, SLOTS, toText } from './recovery-codes.ts'

t.test('there is one recovery code for each slot, all different', async (t) => {
  const codes = newRecoveryCodes()
  t.same(
    codes.map(({ slot }) => slot),
    SLOTS,
  )
  t.equal(new Set(codes.map(({ secret }) => secret)).size, SLOTS.length)
})

t.test('a code reads back from its text, however a person types it', async (t) => {
  for (const code of newRecoveryCodes()) {
    const text = toText(code)
    t.match(text, /^[a-k]-[0-9a-z]{5}-[0-9a-z]{5}$/)
    for (const typed of [text, text.toUpperCase(), text.replaceAll('-', ''), ` ${text.replace('-', ' - ')} `])
      t.same(fromText(typed), code)
  }
})

t.test('another text is no recovery code', async (t) => {
  for (const text of ['', '123456', 'i-12345-67890', 'a-12345-6789', 'a-12345-67890-1', 'a-12345-6789u'])
    t.equal(fromText(text), undefined, text)
})
