import t from 'tap'
import { allowedVersions, isUnchanged } from './preconditions.ts'

t.test('without If-Match, and with the asterisk, every version may be changed', async (t) => {
  t.equal(allowedVersions(undefined), undefined)
  t.equal(allowedVersions('*'), undefined)
  t.equal(allowedVersions(' * '), undefined)
})

t.test('If-Match allows the versions it names', async (t) => {
  t.strictSame(allowedVersions('"7"'), [7])
  t.strictSame(allowedVersions('"7", "8" ,"9"'), [7, 8, 9])
})

t.test('what is not a strong version tag allows nothing, rather than everything', async (t) => {
  for (const header of ['', '7', 'W/"7"', '"x"', '"-7"', '"7', '""', `"${'9'.repeat(16)}"`, '"7.0"', ',']) {
    t.strictSame(allowedVersions(header), [], header)
  }
  t.strictSame(allowedVersions('W/"6", "7"'), [7])
})

t.test('If-None-Match compares weakly: a proxy that compresses weakens the tag', async (t) => {
  for (const header of ['"a"', 'W/"a"', '"x", "a"', 'W/"x",W/"a"', '*', ' * '])
    t.ok(isUnchanged(header, 'a'), header)
  for (const header of [undefined, '', '"x"', 'a', '"A"', '"a', 'w/"a"', '"*"']) {
    t.notOk(isUnchanged(header, 'a'), String(header))
  }
})
