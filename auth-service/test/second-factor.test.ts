import { Secret, TOTP } from 'otpauth'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const STEP_MS = 30_000
const clock = { now: Date.now() }
const now = () => new Date(clock.now)
const service = await startService(t, {}, now)
const { app } = service
const second = await startInstance(t, service.environment, now)
const users = service.mongo.db(service.environment.MONGODB_DATABASE).collection('users')

function codeOf(secret: string): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: clock.now })
}

function logIn(email: string, otp?: string, on = app, password = PASSWORD) {
  return call(on, 'POST', '/auth/login', { email, password, ...(otp !== undefined && { otp }) })
}

/** Somebody with an authenticator app, whose next code has not been used. */
async function enrolled() {
  const person = await loggedIn(app)
  const token = person.tokens.access_token
  const { body: enrolment } = await call(app, 'POST', '/auth/mfa/totp', { password: PASSWORD }, token)
  const { status, body } = await call(
    app,
    'POST',
    '/auth/mfa/totp/verify',
    { otp: codeOf(enrolment.secret) },
    token,
  )
  if (status !== 200) throw new Error(`not enrolled: ${JSON.stringify(body)}`)
  clock.now += STEP_MS
  return { ...person, token, secret: enrolment.secret as string, codes: body.recovery_codes as string[] }
}

t.test('a secret is given to whoever knows the password, and encrypted at rest', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const ask = (password: string) => call(app, 'POST', '/auth/mfa/totp', { password }, tokens.access_token)
  t.match(await ask('not it'), { status: 403, body: { code: 'wrong_password' } })
  const { status, body } = await ask(PASSWORD)
  t.equal(status, 200)
  t.match(body.otpauth_uri, /^otpauth:\/\/totp\/AuthDB/)
  t.notMatch(JSON.stringify(await users.findOne({ email })), body.secret)
  t.equal((await logIn(email)).status, 200, 'it protects nothing before its first code')
})

t.test(
  'with it, a log-in takes the password and a code, and says so only to the right password',
  async (t) => {
    const { email, secret } = await enrolled()
    t.match(await logIn(email, undefined, app, 'not it'), {
      status: 401,
      body: { code: 'credentials_wrong' },
    })
    t.match(await logIn(email, codeOf(secret), app, 'not it'), {
      status: 401,
      body: { code: 'credentials_wrong' },
    })
    t.match(await logIn(email), { status: 401, body: { code: 'otp_required' } })
    t.match(await logIn(email, '000000'), { status: 401, body: { code: 'otp_invalid' } })
    t.equal((await logIn(email, codeOf(secret))).status, 200)
  },
)

t.test('a form can carry the code, too', async (t) => {
  const { email, secret } = await enrolled()
  const payload = new URLSearchParams({ username: email, password: PASSWORD, otp: codeOf(secret) }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await app.inject({ method: 'POST', url: '/auth/login', payload, headers })).statusCode, 200)
})

t.test('a code counts once, also of many log-ins at once on two instances', async (t) => {
  const { email, secret } = await enrolled()
  const code = codeOf(secret)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => logIn(email, code, n % 2 ? app : second)),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.match(await logIn(email, code), { status: 401, body: { code: 'otp_invalid' } })
})

t.test('a recovery code opens once, and an instance without the secret takes nothing else', async (t) => {
  const { email, secret, codes } = await enrolled()
  const { SECOND_FACTOR_SECRET: _secret, ...environment } = service.environment
  const without = await startInstance(t, environment as Record<string, string>, now)
  t.match(await logIn(email, undefined, without), { status: 401, body: { code: 'otp_required' } })
  t.match(await logIn(email, codeOf(secret), without), {
    status: 503,
    body: { code: 'second_factor_unavailable' },
  })
  t.equal((await logIn(email, codes[2], without)).status, 200)
  t.match(await logIn(email, codes[2]), { status: 401, body: { code: 'otp_invalid' } })
})

t.test('it is turned off, and its recovery codes renewed, with password and code', async (t) => {
  const { email, token, secret, codes } = await enrolled()
  const renewed = await call(
    app,
    'POST',
    '/auth/mfa/recovery-codes',
    { password: PASSWORD, otp: codeOf(secret) },
    token,
  )
  t.equal(renewed.body.recovery_codes.length, 10)
  t.equal((await logIn(email, codes[0])).status, 401)
  clock.now += STEP_MS
  const off = (otp: string, password = PASSWORD) =>
    call(app, 'DELETE', '/auth/mfa/totp', { password, otp }, token)
  t.match(await off(codeOf(secret), 'not it'), { status: 403 })
  t.match(await off('123456'), { status: 401, body: { code: 'otp_invalid' } })
  t.equal((await logIn(email)).status, 401)
  t.equal((await off(codeOf(secret))).status, 204)
  t.equal((await logIn(email)).status, 200)
})

t.test('codes have a limit of their own, over all instances', async (t) => {
  const limited = { ...service.environment, LOGIN_LIMIT_PER_MINUTE: '1000' }
  const instances = [await startInstance(t, limited, now), await startInstance(t, limited, now)]
  const { email, secret } = await enrolled()
  const answers = []
  for (let n = 0; n < 6; n++) answers.push(await logIn(email, `00000${n}`, instances[n % 2]))
  t.strictSame(
    answers.slice(0, 5).map(({ body }) => body.code),
    Array(5).fill('otp_invalid'),
  )
  t.match(answers[5], { status: 429, body: { code: 'too_many_attempts' } })
  t.match(await logIn(email, codeOf(secret), instances[0]), { status: 429 }, 'not even the right one')
})

t.test('an administrator takes it from somebody who has lost it, also without the secret', async (t) => {
  const admin = await newAdmin(service)
  const { email, id, token } = await enrolled()
  const { SECOND_FACTOR_SECRET: _, ...environment } = service.environment
  const without = await startInstance(t, environment, now)
  const take = (of: string, by: string) => call(without, 'DELETE', `/users/${of}/mfa/totp`, undefined, by)
  t.equal((await take(id, token)).status, 403, 'not for oneself')
  t.equal((await take('f'.repeat(24), admin.tokens.access_token)).status, 404)
  t.equal((await logIn(email)).status, 401, 'it is there still')
  t.equal((await take(id, admin.tokens.access_token)).status, 204)
  t.equal((await take(id, admin.tokens.access_token)).status, 204, 'and may be asked for again')
  t.equal((await logIn(email)).status, 200)
  t.equal((await take(admin.id, admin.tokens.access_token)).status, 403, 'one’s own takes a code')
  const record = await call(app, 'GET', `/audit?user=${id}`, undefined, admin.tokens.access_token)
  t.match(
    record.body.find(({ action }: { action: string }) => action === 'otp.removed'),
    { action: 'otp.removed' },
  )
})
