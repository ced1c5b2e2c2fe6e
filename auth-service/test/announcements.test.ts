import { Redis } from 'ioredis'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, type Tokens } from './support/client.ts'
import { newGate } from './support/network.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

const service = await startService(t)
const { app } = service
const announced: string[] = []
const listener = new Redis(redisUrl)
t.teardown(() => listener.disconnect())
listener.on('message', (_channel, message: string) => announced.push(...message.split('\n')))
await listener.subscribe('ended-sessions')

function claimsOf({ access_token }: Pick<Tokens, 'access_token'>): { sid: string; exp: number } {
  return JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString())
}

/** Every token of the session has expired by the time that is said with it. */
function isAnnounced(tokens: Pick<Tokens, 'access_token'>): Promise<void> {
  const { sid, exp } = claimsOf(tokens)
  return until('it is announced', () =>
    announced.some((line) => line.startsWith(`${sid} `) && Number(line.split(' ')[1]) >= exp),
  )
}

t.test('each way in which a session ends is announced, for that session alone', async (t) => {
  const admin = await newAdmin(service)
  const ways: Record<string, (person: Awaited<ReturnType<typeof loggedIn>>) => Promise<{ status: number }>> =
    {
      'its log-out': ({ tokens }) => call(app, 'POST', '/auth/logout', undefined, tokens.access_token),
      'the end by its id': async ({ email, tokens }) => {
        const { access_token } = await login(app, email)
        return call(app, 'DELETE', `/auth/sessions/${claimsOf(tokens).sid}`, undefined, access_token)
      },
      'the log-out of the others': async ({ email }) => {
        const { access_token } = await login(app, email)
        return call(app, 'POST', '/auth/logout?scope=others', undefined, access_token)
      },
      'a change of role': ({ id }) =>
        call(app, 'PATCH', `/users/${id}`, { role: 'ADMIN' }, admin.tokens.access_token),
      'a lock': ({ id }) => call(app, 'POST', `/users/${id}/lock`, undefined, admin.tokens.access_token),
      'the end by an administrator': ({ id }) =>
        call(app, 'DELETE', `/users/${id}/sessions`, undefined, admin.tokens.access_token),
      'the deletion of its account': ({ tokens }) =>
        call(app, 'DELETE', '/auth/me', { password: PASSWORD }, tokens.access_token),
    }
  for (const [way, end] of Object.entries(ways)) {
    const person = await loggedIn(app)
    const bystander = await loggedIn(app)
    t.ok((await end(person)).status < 300, way)
    await isAnnounced(person.tokens)
    t.notOk(announced.some((line) => line.startsWith(claimsOf(bystander.tokens).sid)))
  }
})

t.test('a session that had ended before is not announced again', async (t) => {
  const { email, tokens } = await loggedIn(app)
  const other = await login(app, email)
  await call(app, 'POST', '/auth/logout', undefined, tokens.access_token)
  await isAnnounced(tokens)
  announced.length = 0
  await call(app, 'POST', '/auth/logout?scope=global', undefined, other.access_token)
  await isAnnounced(other)
  // Other test files end sessions on the same Redis meanwhile.
  const ofBoth = [tokens, other].map((one) => claimsOf(one).sid)
  t.same(
    announced.map((line) => line.split(' ')[0] ?? '').filter((sid) => ofBoth.includes(sid)),
    [claimsOf(other).sid],
  )
})

t.test('while Redis is away, sessions end all the same', async (t) => {
  const gate = await newGate(t, redisUrl)
  const url = new URL(redisUrl)
  url.port = String(gate.port)
  const alone = await startInstance(t, { ...service.environment, REDIS_URL: url.href })
  const { tokens } = await loggedIn(alone)
  await gate.close()
  t.equal((await call(alone, 'POST', '/auth/logout', undefined, tokens.access_token)).status, 204)
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 401)
})
