import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, type Tokens } from './support/client.ts'
import { newMailbox, tokenIn } from './support/mailbox.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

/** Refreshes on either side of the act, so that some come before it, some after, and some in the middle. */
const REFRESHES = 12
const NEW_PASSWORD = 'a quiet walk along the river'

const mailbox = await newMailbox(t)
const service = await startService(t, mailbox.settings)
const { app } = service
const second = await startInstance(t, service.environment)
const admin = await newAdmin(service)
const asAdmin = admin.tokens.access_token

type Person = Awaited<ReturnType<typeof loggedIn>>

/** What ends sessions, done while they are refreshed on two instances. It may need more than one try on a busy machine. */
const ACTS: Record<string, (person: Person) => Promise<{ status: number }>> = {
  'its log-out': ({ tokens }) => call(second, 'POST', '/auth/logout', undefined, tokens.access_token),
  'the log-out of all sessions': ({ tokens }) =>
    call(second, 'POST', '/auth/logout?scope=global', undefined, tokens.access_token),
  'a lock': ({ id }) => call(second, 'POST', `/users/${id}/lock`, undefined, asAdmin),
  'a change of role': ({ id }) => call(second, 'PATCH', `/users/${id}`, { role: 'ADMIN' }, asAdmin),
  'a change of password elsewhere': async ({ email }) => {
    const { access_token } = await login(app, email)
    const change = { current_password: PASSWORD, new_password: NEW_PASSWORD }
    return call(second, 'POST', '/auth/password', change, access_token)
  },
  'a reset of the password': async ({ email }) => {
    await call(app, 'POST', '/auth/password/forgot', { email })
    const token = tokenIn(await mailbox.next(email, /asked for a new password/), 'reset')
    return call(second, 'POST', '/auth/password/reset', { token, new_password: NEW_PASSWORD })
  },
  'the deletion of the account': ({ tokens }) =>
    call(second, 'DELETE', '/auth/me', { password: PASSWORD }, tokens.access_token),
}

async function isUsable({ access_token, refresh_token }: Tokens): Promise<boolean> {
  const answers = [
    await call(app, 'GET', '/auth/me', undefined, access_token),
    await call(second, 'GET', '/auth/me', undefined, access_token),
    await call(app, 'POST', '/auth/refresh', { refresh_token }),
  ]
  return answers.some(({ status }) => status !== 401)
}

/** Each uses what the one before got, and the first token now and then, as a second tab would. */
async function refreshOn(first: Tokens, isOver: () => boolean): Promise<Tokens[]> {
  const got = [first]
  for (let n = 0; n < REFRESHES || !isOver(); n++) {
    const { refresh_token } = (n % 3 === 2 ? first : got.at(-1)) ?? first
    const { status, body } = await call(n % 2 ? app : second, 'POST', '/auth/refresh', { refresh_token })
    if (status === 200) got.push(body)
    else if (status === 401) break
  }
  return got
}

for (const [what, act] of Object.entries(ACTS)) {
  t.test(`refreshes that race with ${what} leave no usable token`, async (t) => {
    const person = await loggedIn(app)
    let isOver = false
    const refreshing = Promise.all([1, 2, 3].map(() => refreshOn(person.tokens, () => isOver)))
    const { status } = await act(person)
    isOver = true
    t.ok(status < 300, `the act itself succeeds: ${status}`)
    const got = (await refreshing).flat()
    t.comment(`${got.length - 3} refreshes came before it`)
    for (const tokens of got) t.notOk(await isUsable(tokens))
  })
}
