import bcrypt from 'bcrypt'
import t from 'tap'
import { call, login, newEmail, register } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'
import { undisturbed } from './support/undisturbed.ts'

const { app, mongo, environment } = await startService(t)
const users = mongo.db(environment.MONGODB_DATABASE).collection('users')

async function hashOf(email: string): Promise<string> {
  return (await users.findOne({ email }))?.password_hash
}

async function importUser(hash: string): Promise<string> {
  const email = newEmail()
  await users.insertOne({ email, password_hash: hash, role: 'USER' })
  return email
}

/** ms that this process works for something, whatever else the machine does meanwhile. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** What it costs to refuse a wrong password. */
async function usual(): Promise<number> {
  const { email } = await register(app)
  return processorTime(() => call(app, 'POST', '/auth/login', { email, password: 'wrong' }))
}

t.test('a password is kept as argon2id with the parameters of OWASP', async (t) => {
  const { email } = await register(app)
  t.match(await hashOf(email), /^\$argon2id\$v=19\$m=19456,(t=2,p=1|p=1,t=2)\$/)
})

for (const prefix of ['$2b$', '$2a$', '$2y$']) {
  t.test(`an imported ${prefix} hash of AuthDB lets its owner in and becomes argon2id`, async (t) => {
    const hash = (await bcrypt.hash('short pw', 4)).replace('$2b$', prefix)
    const email = await importUser(hash)
    t.equal((await call(app, 'POST', '/auth/login', { email, password: 'wrong' })).status, 401)
    t.equal(await hashOf(email), hash, 'a wrong password changes nothing')
    t.equal((await call(app, 'POST', '/auth/login', { email, password: 'short pw' })).status, 200)
    t.match(await hashOf(email), /^\$argon2id\$/)
    t.equal((await call(app, 'POST', '/auth/login', { email, password: 'short pw' })).status, 200)
  })
}

t.test('a weaker argon2id hash is replaced on the next log-in', async (t) => {
  const weak = '$argon2id$v=19$m=4096,t=1,p=1$'
  const { default: argon2 } = await import('argon2')
  const hash = await argon2.hash(PASSWORD, {
    type: argon2.argon2id,
    memoryCost: 4096,
    timeCost: 1,
    parallelism: 1,
  })
  const email = await importUser(hash)
  await login(app, email)
  t.not((await hashOf(email)).startsWith(weak), true)
  t.match(await hashOf(email), /m=19456/)
})

for (const [what, hash] of Object.entries({
  'asks for a gigabyte':
    '$argon2id$v=19$m=1048576,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'asks for a thousand passes':
    '$argon2id$v=19$m=4096,t=1000,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'is argon2i':
    '$argon2i$v=19$m=4096,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'is bcrypt at cost 31': '$2b$31$abcdefghijklmnopqrstuuJ6p5p5p5p5p5p5p5p5p5p5p5p5p5p5p',
  'is cut off': '$argon2id$v=19$m=4096,t=1,p=1$c29t',
  'is the password itself': PASSWORD,
  'is empty': '',
})) {
  t.test(`a stored hash that ${what} lets nobody in and costs no more than another`, async (t) => {
    const email = await importUser(hash)
    const used = await processorTime(async () => {
      t.equal((await call(app, 'POST', '/auth/login', { email, password: PASSWORD })).status, 401)
    })
    t.ok(used < 5 * (await usual()), `${used.toFixed(0)} ms of a processor`)
    t.equal(await hashOf(email), hash)
  })
}

t.test('a locked account answers 403 to the right password alone', async (t) => {
  const { email } = await register(app)
  const { access_token, refresh_token } = await login(app, email)
  await users.updateOne({ email }, { $set: { locked_at: new Date() } })
  t.match(await call(app, 'POST', '/auth/login', { email, password: 'wrong' }), {
    status: 401,
    body: { code: 'credentials_wrong' },
  })
  t.match(await call(app, 'POST', '/auth/login', { email, password: PASSWORD }), {
    status: 403,
    body: { code: 'account_locked' },
  })
  t.equal((await call(app, 'GET', '/auth/me', undefined, access_token)).status, 401)
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
})

undisturbed('a flood of log-ins is answered: some are let in, the others told to come back', async (t) => {
  const { email } = await register(app)
  const answers = await Promise.all(
    Array.from({ length: 150 }, () => call(app, 'POST', '/auth/login', { email, password: PASSWORD })),
  )
  const refused = answers.filter(({ status }) => status !== 200)
  t.ok(refused.length > 0 && refused.length < answers.length, `${refused.length} refused`)
  t.ok(refused.every(({ status, headers }) => status === 503 && Number(headers['retry-after']) > 0))
  t.ok(refused.some(({ body }) => body.code === 'hashing_busy'))
})
