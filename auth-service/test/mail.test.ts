import { createServer } from 'node:net'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, newEmail, register } from './support/client.ts'
import { freePort } from './support/free-port.ts'
import { newMailbox } from './support/mailbox.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const mailbox = await newMailbox(t)
const service = await startService(t, mailbox.settings)
const { app } = service

t.test('a message is plain text from MAIL_FROM, handed over by SMTP', async (t) => {
  const email = newEmail()
  await register(app, email)
  const { from, to, headers, text } = await mailbox.next(email, /confirm/)
  t.equal(from, 'no-reply@authdb.example')
  t.equal(to, email)
  t.equal(headers.get('from'), 'AuthDB <no-reply@authdb.example>')
  t.equal(headers.get('to'), email)
  t.match(headers.get('content-type'), /^text\/plain; charset=utf-8/)
  t.equal(headers.get('auto-submitted'), 'auto-generated')
  t.match(headers.get('subject'), 'Please confirm your e-mail address')
  t.match(text, /https:\/\/todo\.example\/#verify=[\w-]{43}\r\n/)
})

t.test('the owner is told of a new password and of a new role', async (t) => {
  const { id, email, tokens } = await loggedIn(app)
  const change = { current_password: PASSWORD, new_password: 'a quiet walk along the river' }
  t.equal((await call(app, 'POST', '/auth/password', change, tokens.access_token)).status, 204)
  await mailbox.next(email, /Your password was changed/)
  const admin = await newAdmin(service)
  const { access_token } = admin.tokens
  t.equal((await call(app, 'PATCH', `/users/${id}`, { name: 'Ada' }, access_token)).status, 200)
  t.equal((await call(app, 'PATCH', `/users/${id}`, { role: 'ADMIN' }, access_token)).status, 200)
  await mailbox.next(email, /changed your role/)
  t.notOk(
    mailbox.received.some(({ to, text }) => to === email && !/confirm/.test(text)),
    'of nothing else',
  )
})

t.test('a server that is away fails no request, and its messages leave when it is back', async (t) => {
  const port = await freePort()
  const later = await startInstance(t, {
    ...service.environment,
    ...mailbox.settings,
    SMTP_URL: `smtp://127.0.0.1:${port}`,
  })
  const email = newEmail()
  await register(later, email)
  const waiting = async () => (await later.internal.inject('/metrics')).body
  t.match(await waiting(), /^auth_mails_waiting 1$/m)
  const target = new URL(mailbox.settings.SMTP_URL)
  const { connect } = await import('node:net')
  const forward = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    client.pipe(server).pipe(client)
    for (const socket of [client, server]) socket.on('error', () => socket.destroy())
  }).listen(port, '127.0.0.1')
  t.teardown(() => forward.close())
  await mailbox.next(email, /confirm/)
  await until('it is counted', async () => /^auth_mails_total\{outcome="sent"\} 1$/m.test(await waiting()))
})

t.test('what leaves while the process ends is not lost', async (t) => {
  const ending = await startInstance(t, { ...service.environment, ...mailbox.settings })
  const emails = Array.from({ length: 5 }, () => newEmail())
  for (const email of emails) await register(ending, email)
  await ending.close()
  for (const email of emails)
    t.ok(
      mailbox.received.some(({ to }) => to === email),
      email,
    )
})

const MAIL_ROUTES = [
  ['/auth/password/forgot', { email: 'a@example.org' }],
  ['/auth/password/reset', { token: 'x'.repeat(43), new_password: PASSWORD }],
  ['/auth/email/verify', { token: 'x'.repeat(43) }],
] as const

t.test('without a way to send mail, routes that need it say so, and registration goes on', async (t) => {
  const off = await startService(t)
  const { tokens } = await loggedIn(off.app)
  for (const [url, body] of MAIL_ROUTES)
    t.match(await call(off.app, 'POST', url, body), { status: 404, body: { code: 'mail_off' } })
  for (const url of ['/auth/email/resend', '/auth/email']) {
    t.match(await call(off.app, 'POST', url), { status: 401, body: { code: 'token_missing' } })
    t.match(await call(off.app, 'POST', url, {}, tokens.access_token), {
      status: 404,
      body: { code: 'mail_off' },
    })
  }
})
