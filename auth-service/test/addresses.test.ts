import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, newEmail, register } from './support/client.ts'
import { newMailbox, tokenIn } from './support/mailbox.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const mailbox = await newMailbox(t)
const service = await startService(t, mailbox.settings)
const { app } = service

const verify = (token: string) => call(app, 'POST', '/auth/email/verify', { token })
const me = (token: string) => call(app, 'GET', '/auth/me', undefined, token)
const move = (token: string, new_email: string, password = PASSWORD, on = app) =>
  call(on, 'POST', '/auth/email', { new_email, password }, token)

t.test('a new account’s address is confirmed by the link sent to it, once', async (t) => {
  const { email, tokens } = await loggedIn(app)
  t.match(await me(tokens.access_token), { body: { email_verified: false } })
  const token = tokenIn(await mailbox.next(email, /confirm/), 'verify')
  t.equal((await verify(token)).status, 204)
  t.match(await me(tokens.access_token), { body: { email_verified: true } })
  t.match(await verify(token), { status: 400, body: { code: 'token_invalid' } })
})

t.test('the link is sent again to whoever asks for it, until the address is confirmed', async (t) => {
  const { email, tokens } = await loggedIn(app)
  await mailbox.next(email, /confirm/)
  const resend = () => call(app, 'POST', '/auth/email/resend', undefined, tokens.access_token)
  t.equal((await resend()).status, 202)
  t.equal((await verify(tokenIn(await mailbox.next(email, /confirm/), 'verify'))).status, 204)
  t.equal((await resend()).status, 202)
  const other = await register(app)
  await mailbox.next(other.email, /confirm/)
  t.notOk(
    mailbox.received.some(({ to }) => to === email),
    'nothing is sent any more',
  )
})

t.test('an account that an administrator makes is asked, too', async (t) => {
  const admin = await newAdmin(service)
  const email = newEmail()
  const { status } = await call(
    app,
    'POST',
    '/users/',
    { email, password: PASSWORD },
    admin.tokens.access_token,
  )
  t.equal(status, 201)
  await mailbox.next(email, /confirm/)
})

t.test(
  'an address changes when the link sent to the new one is used; the old one is told twice',
  async (t) => {
    const { email, tokens } = await loggedIn(app)
    const next = newEmail()
    t.equal((await move(tokens.access_token, ` ${next.toUpperCase()}`)).status, 202)
    await mailbox.next(email, /asked to change the e-mail address/)
    t.match(await me(tokens.access_token), { body: { email } })
    const token = tokenIn(await mailbox.next(next, /new one|change its address/), 'verify')
    t.equal((await verify(token)).status, 204)
    t.match(await me(tokens.access_token), { body: { email: next, email_verified: true } }, 'sessions go on')
    await mailbox.next(email, /was changed/)
    await login(app, next)
    t.equal((await call(app, 'POST', '/auth/login', { email, password: PASSWORD })).status, 401)
    t.match(await verify(token), { status: 400, body: { code: 'token_invalid' } })
    const admin = await newAdmin(service)
    const { body } = await call(
      app,
      'GET',
      '/audit?action=email.changed',
      undefined,
      admin.tokens.access_token,
    )
    t.equal(body.length, 1)
  },
)

t.test('a link to the old address dies with the change', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const old = tokenIn(await mailbox.next(email, /confirm/), 'verify')
  const next = newEmail()
  await move(tokens.access_token, next)
  t.equal((await verify(tokenIn(await mailbox.next(next, /change its address/), 'verify'))).status, 204)
  t.match(await verify(old), { status: 400, body: { code: 'token_invalid' } })
})

t.test('it takes the password, an address that can be one, and that nobody has', async (t) => {
  const { tokens } = await loggedIn(app)
  const taken = await register(app)
  for (const [address, password, status, code] of [
    [newEmail(), 'wrong', 403, 'wrong_password'],
    ['<a@b.de>', PASSWORD, 400, 'email_invalid'],
    [taken.email, PASSWORD, 400, 'email_taken'],
  ] as const)
    t.match(await move(tokens.access_token, address, password), { status, body: { code } })
})

t.test('of two accounts that want one address, the one that uses its link first has it', async (t) => {
  const wanted = newEmail()
  const [one, two] = [await loggedIn(app), await loggedIn(app)]
  const links: string[] = []
  for (const { tokens } of [one, two]) {
    t.equal((await move(tokens.access_token, wanted)).status, 202)
    links.push(tokenIn(await mailbox.next(wanted, /change its address/), 'verify'))
  }
  const answers = await Promise.all(links.map(verify))
  t.strictSame(answers.map(({ status }) => status).sort(), [204, 400])
  t.match(
    answers.find(({ status }) => status === 400),
    { body: { code: 'email_taken' } },
  )
})

t.test('neither does one account write to many strangers, nor many to one', async (t) => {
  const limited = await startInstance(t, { ...service.environment, MAIL_LIMIT_PER_HOUR: '3' })
  const { tokens } = await loggedIn(app)
  for (let n = 0; n < 3; n++)
    t.equal((await move(tokens.access_token, newEmail(), PASSWORD, limited)).status, 202)
  const refused = { status: 429, body: { code: 'too_many_mails' } }
  t.match(await move(tokens.access_token, newEmail(), PASSWORD, limited), refused)
  const victim = newEmail()
  const answers = []
  for (let n = 0; n < 4; n++) {
    const { tokens } = await loggedIn(app)
    answers.push(await move(tokens.access_token, victim, PASSWORD, limited))
  }
  t.strictSame(
    answers.map(({ status }) => status),
    [202, 202, 202, 429],
  )
})
