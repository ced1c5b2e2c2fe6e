import t from 'tap'
import { EmailInvalid } from '../errors.ts'
import { checkedEmail, localPart } from './email.ts'

t.test('an address is trimmed, lower-cased and composed', async (t) => {
  t.equal(checkedEmail('  Zoe\u0308.B+x@Example.COM\t'), 'zoë.b+x@example.com')
})

t.test('the local part ends at the @', async (t) => {
  t.equal(localPart('a.b@example.com'), 'a.b')
})

for (const good of ['a@b.co', "o'neil@sub.example.com", '用户@例子.公司', `${'a'.repeat(64)}@example.com`]) {
  t.test(`${good.slice(0, 30)} is an address`, async (t) => {
    t.equal(checkedEmail(good), good)
  })
}

const bad = [
  '',
  '@',
  'a@b',
  'a@b..c',
  'a@.b.c',
  'a b@c.de',
  'a@b@c.de',
  'a\u200b@b.co',
  `${'é'.repeat(33)}@example.com`,
]
for (const text of bad) {
  t.test(`${JSON.stringify(text).slice(0, 30)} is none`, async (t) => {
    t.throws(() => checkedEmail(text), EmailInvalid)
  })
}
