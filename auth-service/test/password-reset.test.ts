import { Secret, TOTP } from 'otpauth'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, newAddress, newEmail, register } from './support/client.ts'
import { newMailbox, tokenIn } from './support/mailbox.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { undisturbed } from './support/undisturbed.ts'
import { until } from './support/until.ts'

const start = Date.now()
let passedMs = 0
const clock = () => new Date(start + passedMs)
const mailbox = await newMailbox(t)
const service = await startService(t, mailbox.settings, clock)
const { app } = service
const second = await startInstance(t, service.environment, clock)
const database = service.mongo.db(service.environment.MONGODB_DATABASE)
const ASKED = /asked for a new password/
const NEW_PASSWORD = 'a quiet walk along the river'

const forgot = (email: string, on = app) => call(on, 'POST', '/auth/password/forgot', { email })
const reset = (token: string, new_password = NEW_PASSWORD, more: object = {}, on = app) =>
  call(on, 'POST', '/auth/password/reset', { token, new_password, ...more })
const attempt = async (email: string, password: string) =>
  (await call(app, 'POST', '/auth/login', { email, password })).status

async function linkFor(email: string): Promise<string> {
  t.equal((await forgot(email)).status, 202)
  return tokenIn(await mailbox.next(email.trim().toLowerCase(), ASKED), 'reset')
}

t.test('a link gives a new password, ends every session and confirms the address', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const token = await linkFor(` ${email.toUpperCase()} `)
  t.equal((await reset(token)).status, 204)
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 401)
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token: tokens.refresh_token })).status, 401)
  t.equal(await attempt(email, PASSWORD), 401)
  const { body } = await call(app, 'POST', '/auth/login', { email, password: NEW_PASSWORD })
  t.match(await call(app, 'GET', '/auth/me', undefined, body.access_token), {
    body: { email_verified: true },
  })
  await mailbox.next(email, /replaced through a link/)
})

t.test('the answer for an unknown address is the same to the byte, and nothing is sent', async (t) => {
  const { email } = await register(app)
  const absent = newEmail()
  const [known, unknown] = [await forgot(email), await forgot(absent)]
  t.equal(unknown.status, 202)
  t.strictSame(unknown.body, known.body)
  const names = (headers: object) => Object.keys(headers).sort()
  t.strictSame(names(unknown.headers), names(known.headers))
  await mailbox.next(email, ASKED)
  await mailbox.next(email, /confirm/)
  t.strictSame(
    mailbox.received.filter(({ to }) => to === email || to === absent),
    [],
  )
})

t.test('only the hash of a token is stored', async (t) => {
  const { email } = await register(app)
  const token = await linkFor(email)
  const stored = JSON.stringify(await database.collection('links').find().toArray())
  t.notMatch(stored, token)
  t.match(stored, /"_id":"[\w-]{43}"/)
})

undisturbed('of many uses of one link at once, on two instances, one succeeds', async (t) => {
  const { email } = await register(app)
  const token = await linkFor(email)
  const passwords = Array.from({ length: 10 }, (_, n) => `${NEW_PASSWORD} ${n}`)
  const answers = await Promise.all(
    passwords.map((password, n) => reset(token, password, {}, n % 2 ? app : second)),
  )
  const winners = passwords.filter((_, n) => answers[n]?.status === 204)
  t.equal(winners.length, 1)
  for (const { status, body } of answers)
    if (status !== 204) t.match({ status, body }, { status: 400, body: { code: 'token_invalid' } })
  t.equal(await attempt(email, winners[0] ?? ''), 200)
})

t.test('a link is good for thirty minutes', async (t) => {
  const { email } = await register(app)
  const [early, late] = [await linkFor(email), await linkFor(email)]
  passedMs += 30 * 60_000 - 1
  t.equal((await reset(early)).status, 204)
  const other = await linkFor(email)
  passedMs += 30 * 60_000 + 1
  for (const token of [late, other])
    t.match(await reset(token), { status: 400, body: { code: 'token_invalid' } })
})

t.test('a link is worth nothing once the account has another password or address, or is gone', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const link = await linkFor(email)
  const change = { current_password: PASSWORD, new_password: `${NEW_PASSWORD} 2` }
  t.equal((await call(app, 'POST', '/auth/password', change, tokens.access_token)).status, 204)
  t.match(await reset(link), { status: 400, body: { code: 'token_invalid' } })
  const moved = await register(app)
  const old = await linkFor(moved.email)
  await database.collection('users').updateOne({ email: moved.email }, { $set: { email: newEmail() } })
  t.match(await reset(old), { status: 400, body: { code: 'token_invalid' } })
  const leaving = await loggedIn(app)
  const left = await linkFor(leaving.email)
  const { access_token } = leaving.tokens
  t.equal((await call(app, 'DELETE', '/auth/me', { password: PASSWORD }, access_token)).status, 202)
  t.match(await reset(left), { status: 400, body: { code: 'token_invalid' } })
})

t.test('a link of another kind, a made-up and a malformed one are refused', async (t) => {
  const { email } = await register(app)
  const verify = tokenIn(await mailbox.next(email, /confirm/), 'verify')
  for (const token of [verify, 'x'.repeat(43), 'x', ''])
    t.match(await reset(token), { status: 400, body: { code: 'token_invalid' } })
  const link = await linkFor(email)
  t.match(await call(app, 'POST', '/auth/email/verify', { token: link }), {
    status: 400,
    body: { code: 'token_invalid' },
  })
  t.equal((await reset(link)).status, 204, 'and is not used up by that')
})

t.test('a weak password is refused, and the link stays good', async (t) => {
  const { email } = await register(app)
  const token = await linkFor(email)
  t.match(await reset(token, 'short'), { status: 400, body: { code: 'password_weak' } })
  t.equal((await reset(token)).status, 204)
})

t.test('where there is a second factor, a link alone is not enough', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const { access_token } = tokens
  const enrolled = await call(app, 'POST', '/auth/mfa/totp', { password: PASSWORD }, access_token)
  const totp = new TOTP({ secret: Secret.fromBase32(enrolled.body.secret) })
  const otp = totp.generate({ timestamp: clock().getTime() })
  t.equal((await call(app, 'POST', '/auth/mfa/totp/verify', { otp }, access_token)).status, 200)
  await mailbox.next(email, /second factor was set up/)
  const token = await linkFor(email)
  t.match(await reset(token), { status: 401, body: { code: 'otp_required' } })
  t.match(
    await reset(token, NEW_PASSWORD, { otp }),
    { status: 401, body: { code: 'otp_invalid' } },
    'it is used',
  )
  t.equal(await attempt(email, NEW_PASSWORD), 401)
  passedMs += 30_000
  const next = totp.generate({ timestamp: clock().getTime() })
  t.equal((await reset(token, NEW_PASSWORD, { otp: next })).status, 204)
})

t.test('it is in the record whose password was asked for and replaced', async (t) => {
  const { _id, email } = await register(app)
  t.equal((await reset(await linkFor(email))).status, 204)
  const { tokens } = await newAdmin(service)
  const actions = async () => {
    const { body } = await call(app, 'GET', `/audit?user=${_id}`, undefined, tokens.access_token)
    return body.map(({ action }: { action: string }) => action)
  }
  await until('both are written', async () => (await actions()).includes('password.reset_requested'))
  t.ok((await actions()).includes('password.reset'))
})

t.test('too many messages to one address are refused, whether or not it has an account', async (t) => {
  const limited = await startInstance(t, { ...service.environment, MAIL_LIMIT_PER_HOUR: '3' }, clock)
  const { email } = await register(app)
  for (const address of [email, newEmail()]) {
    for (let n = 0; n < 3; n++) t.equal((await forgot(address, limited)).status, 202)
    const { status, body, headers } = await forgot(address, limited)
    t.match({ status, body }, { status: 429, body: { code: 'too_many_mails' } })
    t.ok(Number(headers['retry-after']) > 0)
  }
  const strict = await startInstance(t, { ...service.environment, LOGIN_LIMIT_PER_MINUTE: '2' }, clock)
  const remoteAddress = newAddress()
  const ask = () =>
    strict.inject({
      method: 'POST',
      url: '/auth/password/forgot',
      payload: { email: newEmail() },
      remoteAddress,
    })
  for (let n = 0; n < 2; n++) t.equal((await ask()).statusCode, 202)
  const refused = await ask()
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { code: 'too_many_attempts' })
})
