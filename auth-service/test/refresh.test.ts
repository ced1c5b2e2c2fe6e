import { ObjectId } from 'mongodb'
import t from 'tap'
import { call, loggedIn, type Tokens } from './support/client.ts'
import { startInstance, startService } from './support/service.ts'

/** What the instances take for the time; moved by tests alone. */
const start = Date.now()
let passedMs = 0
const clock = () => new Date(start + passedMs)
const service = await startService(t, {}, clock)
const { app } = service
const sessions = service.mongo.db(service.environment.MONGODB_DATABASE).collection('sessions')

function refresh(token: string, on = app) {
  return call(on, 'POST', '/auth/refresh', { refresh_token: token })
}

/** {@link refresh}, again while the machine is too busy to answer in time. */
async function refreshInTheEnd(token: string, on = app) {
  for (;;) {
    const answer = await refresh(token, on)
    if (answer.status !== 503) return answer
  }
}

function sidOf({ access_token }: Pick<Tokens, 'access_token'>): string {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()).sid
}

/** Lets the grace time pass, and one second more. */
function pass(seconds = 11): void {
  passedMs += seconds * 1000
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

t.test('a hundred exchanges of one token at once, on two instances, give one successor', async (t) => {
  const second = await startInstance(t, service.environment, clock)
  const { tokens } = await loggedIn(app)
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => refreshInTheEnd(tokens.refresh_token, i % 2 ? app : second)),
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
  pass()
  t.match(await refresh(tokens.refresh_token), { status: 401, body: { code: 'refresh_reused' } })
  t.match(await refresh(successor.refresh_token), { status: 401, body: { code: 'refresh_invalid' } })
  t.equal((await call(app, 'GET', '/auth/me', undefined, successor.access_token)).status, 401)
  t.equal((await refresh(bystander.refresh_token)).status, 200)
})

for (const tabs of [2, 3, 10]) {
  t.test(`${tabs} tabs that each refresh with what they know get on with one session`, async (t) => {
    const { tokens } = await loggedIn(app)
    const known = [tokens.refresh_token]
    for (let tab = 1; tab < tabs; tab++) known.push((await refresh(known.at(-1) ?? '')).body.refresh_token)
    t.equal(new Set(known).size, tabs, 'each is the successor of the one before')
    for (const token of known.slice(0, -1)) {
      t.match(await refresh(token), { status: 200, body: { refresh_token: known.at(-1) } })
    }
    t.equal((await refresh(known.at(-1) ?? '')).status, 200)
  })
}

t.test('a token that was rotated out eleven seconds before another rotation ends its session', async (t) => {
  const { tokens } = await loggedIn(app)
  const { body: second } = await refresh(tokens.refresh_token)
  pass()
  const { body: third } = await refresh(second.refresh_token)
  t.match(await refresh(second.refresh_token), { status: 200, body: { refresh_token: third.refresh_token } })
  t.match(await refresh(tokens.refresh_token), { status: 401, body: { code: 'refresh_reused' } })
  t.match(await refresh(third.refresh_token), { status: 401, body: { code: 'refresh_invalid' } })
})

t.test('the times of rotations are kept for the last tokens alone', async (t) => {
  const { tokens } = await loggedIn(app)
  let token = tokens.refresh_token
  for (let i = 0; i < 40; i++) token = (await refresh(token)).body.refresh_token
  const session = await sessions.findOne({ _id: new ObjectId(sidOf(tokens)) })
  t.match(session?.rotations, { length: 32, 0: { counter: 8 }, 31: { counter: 39 } })
})

t.test('a session that an earlier release rotated goes on, and its last token has its grace', async (t) => {
  const { tokens } = await loggedIn(app)
  const { body: second } = await refresh(tokens.refresh_token)
  await sessions.updateOne({ _id: new ObjectId(sidOf(tokens)) }, { $unset: { rotations: '' } })
  t.match(await refresh(tokens.refresh_token), { status: 200, body: { refresh_token: second.refresh_token } })
  t.equal((await refresh(second.refresh_token)).status, 200)
  pass()
  t.match(await refresh(tokens.refresh_token), { status: 401, body: { code: 'refresh_reused' } })
})

t.test('without a grace time a second use is a reuse', async (t) => {
  const strict = await startInstance(t, { ...service.environment, REFRESH_REUSE_GRACE_SECONDS: '0' })
  const { tokens } = await loggedIn(strict)
  t.equal((await refresh(tokens.refresh_token, strict)).status, 200)
  t.match(await refresh(tokens.refresh_token, strict), { body: { code: 'refresh_reused' } })
})

for (const [what, settings] of Object.entries({
  'unused for too long': { REFRESH_IDLE_SECONDS: '60' },
  'of a session that is too old': { REFRESH_ABSOLUTE_SECONDS: '60' },
})) {
  t.test(`a token ${what} is refused and ends nothing`, async (t) => {
    const brief = await startInstance(t, { ...service.environment, ...settings }, clock)
    const { tokens } = await loggedIn(brief)
    pass(59)
    const { status, body } = await refresh(tokens.refresh_token, brief)
    t.equal(status, 200)
    pass(60)
    t.match(await refresh(body.refresh_token, brief), { status: 401, body: { code: 'refresh_invalid' } })
    const session = await sessions.findOne({ _id: new ObjectId(sidOf(tokens)) })
    t.equal(session?.revoked_at, undefined)
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
