import t from 'tap'
import { call, loggedIn, type Tokens } from './support/client.ts'
import { startInstance, startService } from './support/service.ts'
import { until } from './support/until.ts'

const service = await startService(t)
const { app } = service
const sessions = service.mongo.db(service.environment.MONGODB_DATABASE).collection('sessions')

function refresh(token: string, on = app) {
  return call(on, 'POST', '/auth/refresh', { refresh_token: token })
}

function sidOf({ access_token }: Pick<Tokens, 'access_token'>): string {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()).sid
}

/** Lets the grace time after the last rotation pass. */
async function age(): Promise<void> {
  await sessions.updateMany({}, { $set: { rotated_at: new Date(Date.now() - 11_000) } })
}

t.test('a refresh token is exchanged for its successor; the session stays the same', async (t) => {
  const { tokens } = await loggedIn(app)
  const { status, body } = await refresh(tokens.refresh_token)
  t.equal(status, 200)
  t.match(body, { token_type: 'bearer', expires_in: 1800 })
  t.not(body.refresh_token, tokens.refresh_token)
  t.equal(sidOf(body), sidOf(tokens))
  t.equal((await call(app, 'GET', '/auth/me', undefined, body.access_token)).status, 200)
})

t.test('fifty exchanges of one token at once, on two instances, give one successor', async (t) => {
  const second = await startInstance(t, service.environment)
  const { tokens } = await loggedIn(app)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => refresh(tokens.refresh_token, i % 2 ? app : second)),
  )
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  t.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
  const next = await refresh(answers[0]?.body.refresh_token)
  t.equal(next.status, 200, 'and that one is good')
})

t.test('a token that comes back within the grace time gets the same successor', async (t) => {
  const { tokens } = await loggedIn(app)
  const first = await refresh(tokens.refresh_token)
  const again = await refresh(tokens.refresh_token)
  t.equal(again.body.refresh_token, first.body.refresh_token)
})

t.test('a token that comes back later ends its session, and no other', async (t) => {
  const { tokens } = await loggedIn(app)
  const { tokens: bystander } = await loggedIn(app)
  const { body: successor } = await refresh(tokens.refresh_token)
  await age()
  t.match(await refresh(tokens.refresh_token), { status: 401, body: { code: 'refresh_reused' } })
  t.match(await refresh(successor.refresh_token), { status: 401, body: { code: 'refresh_invalid' } })
  t.equal((await call(app, 'GET', '/auth/me', undefined, successor.access_token)).status, 401)
  t.equal((await refresh(bystander.refresh_token)).status, 200)
})

t.test('a token from two rotations ago ends its session at once', async (t) => {
  const { tokens } = await loggedIn(app)
  const { body: second } = await refresh(tokens.refresh_token)
  await refresh(second.refresh_token)
  t.match(await refresh(tokens.refresh_token), { status: 401, body: { code: 'refresh_reused' } })
})

t.test('without a grace time a second use is a reuse', async (t) => {
  const strict = await startInstance(t, { ...service.environment, REFRESH_REUSE_GRACE_SECONDS: '0' })
  const { tokens } = await loggedIn(strict)
  t.equal((await refresh(tokens.refresh_token, strict)).status, 200)
  t.match(await refresh(tokens.refresh_token, strict), { body: { code: 'refresh_reused' } })
})

for (const [what, settings] of Object.entries({
  'unused for too long': { REFRESH_IDLE_SECONDS: '1' },
  'of a session that is too old': { REFRESH_ABSOLUTE_SECONDS: '1' },
})) {
  t.test(`a token ${what} is refused and ends nothing`, async (t) => {
    const brief = await startInstance(t, { ...service.environment, ...settings })
    const { tokens } = await loggedIn(brief)
    await until(
      'the token is refused',
      async () => (await refresh(tokens.refresh_token, brief)).status === 401,
    ).catch(() => t.fail('it never was'))
    t.match(await refresh(tokens.refresh_token, brief), { body: { code: 'refresh_invalid' } })
  })
}

t.test('a token of another server is refused', async (t) => {
  const other = await startInstance(t, {
    ...service.environment,
    REFRESH_TOKEN_SECRET: 'another secret that is long enough',
  })
  const { tokens } = await loggedIn(app)
  t.match(await refresh(tokens.refresh_token, other), { status: 401, body: { code: 'refresh_invalid' } })
})
