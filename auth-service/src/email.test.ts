import t from 'tap'
import { checkedEmail, localPart, normalizeEmail, spellingsOf } from './email.ts'
import { EmailInvalid } from './errors.ts'

t.test('an address is trimmed, lower-cased and composed', async (t) => {
  t.equal(checkedEmail('  Zoe\u0308.B+x@Example.COM\t'), 'zoë.b+x@example.com')
})

t.test('a normalised address stays as it is, whatever its letters', async (t) => {
  const letters = Array.from({ length: 0x2ff }, (_, i) => String.fromCodePoint(i + 0x41))
  const marks = ['', '\u0301', '\u0307', '\u030a', '\u030c', '\u0323\u0302', '\u0331', '\u0308\u0301']
  const domains = [
    'example.com',
    'BÜCHER.example',
    'XN--BCHER-KVA.example',
    'straße.example',
    'İx.example',
    'b。cd',
  ]
  for (const letter of letters) {
    for (const mark of marks) {
      const once = normalizeEmail(`${letter}${mark}x@example.com`)
      if (normalizeEmail(once) !== once) t.fail(`${letter}${mark}: ${once}`)
    }
  }
  for (const domain of domains) {
    const once = normalizeEmail(`a@${domain}`)
    t.equal(normalizeEmail(once), once, domain)
  }
})

t.test('an internationalised domain is one domain in each of its spellings', async (t) => {
  const spellings = [
    'a@bücher.example',
    'a@BÜCHER.Example',
    'a@bu\u0308cher.example',
    'a@xn--bcher-kva.example',
    'a@bücher。example',
  ]
  for (const spelling of spellings) t.equal(checkedEmail(spelling), 'a@bücher.example', spelling)
})

t.test('what an earlier release kept is among the spellings, nearest to what was typed first', async (t) => {
  const keptEarlier = (email: string) => email.normalize('NFC').trim().toLowerCase()
  for (const typed of [
    'H\u0331x@example.com',
    'J\u030cx@example.com',
    'a@Bücher.example',
    'a@XN--bcher-kva.example',
  ]) {
    const kept = keptEarlier(typed)
    t.ok(spellingsOf(typed).includes(kept), typed)
    t.equal(spellingsOf(kept)[0], kept, `${kept} as it was shown`)
  }
  t.strictSame(spellingsOf(' Ada@Example.com '), ['ada@example.com'], 'an ordinary one has one spelling')
})

t.test('the local part ends at the @', async (t) => {
  t.equal(localPart('a.b@example.com'), 'a.b')
})

for (const good of [
  'a@b.co',
  'a@b.cd',
  "o'neil@sub.example.com",
  '用户@例子.公司',
  'ada+lists@my-host.example.com',
  `${'a'.repeat(64)}@example.com`,
]) {
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
  'a\u202e@b.co',
  'a\u0000@b.co',
  'a\r\nBcc: c@d.ef@b.co',
  '<a@b.cd>',
  'Ada <a@b.cd>',
  'a@-b.cd',
  'a@b-.cd',
  'a@b.cd?cc=x',
  'a@b.cd/x',
  'a@b.cd#x',
  'a@b.cd:25',
  'a@b.c%64',
  '"><script>@x.yz',
  '"a b"@x.yz',
  '"a"@x.yz',
  "a'@x'y.z",
  'a@1.2.3.4',
  'a@0x7f.1',
  'a@[1.2.3.4]',
  'a@[ipv6:::1]',
  'a@[::1]',
  '.a@b.cd',
  'a.@b.cd',
  'a..b@b.cd',
  'a,b@c.de',
  'a;b@c.de',
  'a(b)@c.de',
  'a\\@c.de',
  'mailto:a@b.cd',
  `a@${'b'.repeat(64)}.com`,
  `a@${'b.'.repeat(130)}com`,
  `${'é'.repeat(33)}@example.com`,
]
for (const text of bad) {
  t.test(`${JSON.stringify(text).slice(0, 30)} is none`, async (t) => {
    t.throws(() => checkedEmail(text), EmailInvalid)
  })
}
