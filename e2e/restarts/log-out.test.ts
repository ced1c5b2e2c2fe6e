import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createSupervisor, startPlatform, startStores } from '../../dev/index.ts'
import { startFaultProxy } from '../harness/fault-proxy.ts'
import { call } from '../harness/http.ts'
import { newPerson, type Person } from '../harness/people.ts'
import { until } from '../harness/until.ts'

t.setTimeout(600_000)
const HOST = '127.0.0.1'
const QUIET = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'silent' }

/** Two instances; Redis, and each one's way to the list of ended sessions, can be cut off. */
async function newScene() {
  const supervisor = createSupervisor({})
  t.teardown(() => supervisor.stopAll())
  const dataDir = join(await supervisor.temporaryDirectory(), 'data')
  const stores = await startStores({ supervisor, dataDir })
  const { hostname, port } = new URL(stores.redisUrl)
  const redis = await startFaultProxy({ host: hostname, port: Number(port) })
  const polls = [
    await startFaultProxy({ host: HOST, port: 1 }),
    await startFaultProxy({ host: HOST, port: 1 }),
  ]
  const { system, stop } = await startPlatform({
    tasks: polls.length,
    stores: { ...stores, redisUrl: `redis://${HOST}:${redis.port}` },
    env: { ...process.env, ...QUIET },
    taskEnv: (index, { authInternal }) => {
      polls[index]?.retarget({ host: HOST, port: authInternal })
      return { REVOCATIONS_URL: `http://${HOST}:${polls[index]?.port}/internal/revocations` }
    },
  })
  t.teardown(async () => {
    await stop()
    for (const proxy of [redis, ...polls]) await proxy.close()
  })
  return { system, redis, polls }
}

const { system, redis, polls } = await newScene()
const [first, second] = polls
if (!first || !second) throw new Error('two instances are needed')

async function statuses({ token }: Person): Promise<number[]> {
  return Promise.all(system.tasks.map(async ({ url }) => (await call(`${url}/tasks`, { token })).status))
}

async function loggedIn(t: Test): Promise<Person> {
  const person = await newPerson(system.auth.url)
  t.strictSame(await statuses(person), [200, 200])
  return person
}

async function logOut(t: Test, { token }: Person): Promise<void> {
  t.equal((await call(`${system.auth.url}/auth/logout`, { method: 'POST', token })).status, 204)
}

const isRefused = (person: Person) => async () => (await statuses(person)).every((status) => status === 401)

// What needs Redis comes first: an instance that lost it takes a moment until it listens again.
t.test('a log-out is felt through Redis alone, while no instance can ask auth-service', async (t) => {
  const person = await loggedIn(t)
  for (const poll of polls) poll.set('refuse')
  await logOut(t, person)
  await until('it is refused', isRefused(person))
  for (const poll of polls) poll.set('pass')
})

t.test('one instance whose way to auth-service is cut refuses it as the other one does', async (t) => {
  const person = await loggedIn(t)
  first.set('stall')
  await logOut(t, person)
  await until('it is refused', isRefused(person))
  first.set('pass')
})

t.test('every session of a person whose password was changed elsewhere ends', async (t) => {
  const person = await loggedIn(t)
  for (const poll of polls) poll.set('refuse')
  const other = await call(`${system.auth.url}/auth/login`, {
    method: 'POST',
    json: { email: person.email, password: person.password },
  })
  const change = { current_password: person.password, new_password: `${person.password} and more` }
  const token = other.body.access_token
  t.equal(
    (await call(`${system.auth.url}/auth/password`, { method: 'POST', json: change, token })).status,
    204,
  )
  await until('it is refused', isRefused(person))
  t.strictSame(await statuses({ ...person, token }), [200, 200], 'the one that changed it goes on')
  for (const poll of polls) poll.set('pass')
})

t.test('while Redis is away it is felt by asking auth-service', async (t) => {
  const person = await loggedIn(t)
  redis.set('refuse')
  await logOut(t, person)
  await until('it is refused', isRefused(person))
  redis.set('pass')
})

t.test('an auth-service that was killed after its answer does not take a log-out with it', async (t) => {
  const person = await loggedIn(t)
  redis.set('refuse')
  for (const poll of polls) poll.set('refuse')
  await logOut(t, person)
  await system.auth.kill('SIGKILL')
  await system.auth.start()
  t.strictSame(await statuses(person), [200, 200], 'nobody could be told yet')
  for (const poll of polls) poll.set('pass')
  await until('it is refused', isRefused(person))
  redis.set('pass')
})
