import { ObjectId } from 'mongodb'
import t from 'tap'
import { call, login, newEmail, register } from './support/client.ts'
import { type Row, refuses } from './support/refuses.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const service = await startService(t, { PASSWORD_MIN_LENGTH: '8' })
const { app } = service

const email = newEmail()
const badAddresses = [
  '',
  'nobody',
  'a@b',
  '@example.com',
  'a@@example.com',
  'a b@example.com',
  'a@exa mple.com',
  'a@.com',
  'a@example.',
  '<a@b.cd>',
  'a@-b.cd',
  'a@b.cd?cc=x',
  '"><script>@x.yz',
  '"a b"@x.yz',
  'a@1.2.3.4',
  'a\u202eb@x.yz',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(250)}.com`,
]
const badPasswords = {
  'too short': 'passwor',
  'too short in characters, not in bytes': '🐴🐮🐷🐸🐔🦊🐻',
  'too long': 'x1y2'.repeat(33),
  common: 'Sunshine1',
  'common in full-width letters': 'ｓｕｎｓｈｉｎｅ',
  'a common one twice': 'dragondragon',
  'one letter over and over': 'aaaaaaaaaaaaaaaa',
  'two letters over and over': 'abababababababab',
  'a row of digits': '12345678901234567',
  'a row of letters backwards': 'zyxwvutsrqp',
  'the own address': `my ${email.split('@')[0]} it is`,
  'the product': 'I like AuthDB much',
}
refuses(app, [
  ...badAddresses.map(
    (bad): Row => ({
      why: `the address “${bad.slice(0, 20)}”`,
      url: '/auth/register',
      body: { email: bad, password: PASSWORD },
      status: 400,
      code: 'email_invalid',
    }),
  ),
  ...Object.entries(badPasswords).map(
    ([why, bad]): Row => ({
      why: `a password that is ${why}`,
      url: '/auth/register',
      body: { email, password: bad },
      status: 400,
      code: 'password_weak',
    }),
  ),
])

t.test('an account can be logged in to with the address that the service shows', async (t) => {
  for (const start of ['H\u0331', 'J\u030c', 'Zoe\u0308']) {
    const typed = `${start}${newEmail()}`
    const { email: shown } = await register(app, typed)
    await login(app, shown)
    await login(app, typed)
    const again = await call(app, 'POST', '/auth/register', {
      email: typed.normalize('NFC'),
      password: PASSWORD,
    })
    t.match(again, { status: 400, body: { code: 'email_taken' } }, shown)
  }
})

t.test('an account that an earlier release kept under another spelling is found', async (t) => {
  const users = service.mongo.db(service.environment.MONGODB_DATABASE).collection('users')
  for (const start of ['h\u0331', '<q', 'xn']) {
    const kept = `${start}${newEmail()}`
    const { _id } = await register(app)
    await users.updateOne({ _id: new ObjectId(_id) }, { $set: { email: kept } })
    await login(app, kept.toUpperCase())
    const composed = { email: kept.normalize('NFC'), password: PASSWORD }
    t.equal((await call(app, 'POST', '/auth/register', composed)).status, 400, 'nobody else can have it')
  }
})

t.test('a password may be any Unicode, and is the same however it was composed', async (t) => {
  const address = newEmail()
  const password = 'Zoë läuft ﬂink über 🐴'
  const sent = { email: address, password: password.normalize('NFD') }
  t.equal((await call(app, 'POST', '/auth/register', sent)).status, 201)
  const { status } = await call(app, 'POST', '/auth/login', {
    email: address,
    password: password.normalize('NFC'),
  })
  t.equal(status, 200)
})

t.test('of many registrations of one address at once, on two instances, one succeeds', async (t) => {
  const second = await startInstance(t, service.environment)
  const body = { email: newEmail(), password: PASSWORD }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => call(i % 2 ? app : second, 'POST', '/auth/register', body)),
  )
  t.equal(answers.filter(({ status }) => status === 201).length, 1)
  const refused = answers.filter(({ status }) => status !== 201)
  // On a machine that is busy otherwise, hashing has its limits too.
  const isRight = ({ status, body }: (typeof answers)[number]) =>
    (status === 400 && body.code === 'email_taken') || (status === 503 && body.code === 'hashing_busy')
  t.ok(refused.every(isRight))
})
