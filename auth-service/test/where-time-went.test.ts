import t from 'tap'
import { call, loggedIn, newEmail } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'

t.test('answers name their instance; only who is signed in is told where the time went', async (t) => {
  const { app } = await startService(t, { INSTANCE_NAME: 'auth', SERVER_TIMING: 'true' })
  const { tokens, email } = await loggedIn(app)

  await t.test('with an accepted token', async (t) => {
    const authorization = `Bearer ${tokens.access_token}`
    const { headers } = await app.inject({ url: '/auth/me', headers: { authorization } })
    t.equal(headers['x-served-by'], 'auth')
    t.match(headers['server-timing'], /^app;dur=[\d.]+,.* mongodb;dur=[\d.]+$/)
  })

  for (const [what, path, body] of [
    ['a log-in that succeeds', '/auth/login', { email, password: PASSWORD }],
    ['a log-in with a wrong password', '/auth/login', { email, password: `${PASSWORD} no` }],
    ['a log-in of nobody', '/auth/login', { email: newEmail(), password: PASSWORD }],
    ['a taken address', '/auth/register', { email, password: PASSWORD }],
    ['a refresh token of nobody', '/auth/refresh', { refresh_token: 'x.y' }],
  ] as const) {
    await t.test(`not for ${what}`, async (t) => {
      const { headers } = await call(app, 'POST', path, body)
      t.equal(headers['x-served-by'], 'auth')
      t.notOk('server-timing' in headers)
    })
  }

  await t.test('not for a token that is refused', async (t) => {
    const authorization = `Bearer ${tokens.access_token}x`
    const { headers, statusCode } = await app.inject({ url: '/auth/me', headers: { authorization } })
    t.equal(statusCode, 401)
    t.notOk('server-timing' in headers)
  })
})
