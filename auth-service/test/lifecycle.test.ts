import t from 'tap'
import { newEmail } from './support/client.ts'
import { freePort } from './support/free-port.ts'
import { type Gate, newGate } from './support/network.ts'
import { get, startProcess } from './support/process.ts'
import { newEnvironment, PASSWORD } from './support/service.ts'
import { mongodbUri, redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

interface Instance {
  url: string
  internal: string
  mongo: Gate
  redis: Gate
  environment: Record<string, string>
}

/** Settings of a process that reaches both stores through gates, which are closed. */
async function behindGates(): Promise<Instance> {
  const mongo = await newGate(t, mongodbUri)
  const redis = await newGate(t, redisUrl)
  await Promise.all([mongo.close(), redis.close()])
  const [port, internalPort] = [await freePort(), await freePort()]
  return {
    url: `http://127.0.0.1:${port}`,
    internal: `http://127.0.0.1:${internalPort}`,
    mongo,
    redis,
    environment: {
      ...newEnvironment(t),
      LOG_LEVEL: 'info',
      PORT: String(port),
      INTERNAL_PORT: String(internalPort),
      MONGODB_URI: `mongodb://127.0.0.1:${mongo.port}/?directConnection=true`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      LOGIN_LIMIT_PER_MINUTE: '1000',
    },
  }
}

const instance = await behindGates()
const { url, internal, mongo, redis } = instance
const service = startProcess(t, instance.environment)

function post(path: string, body: object) {
  const headers = { 'content-type': 'application/json' }
  return get(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
}

t.test('without MongoDB and Redis it starts, is alive, not ready, and says what it waits for', async (t) => {
  await until('it answers', async () => (await get(`${internal}/livez`)).status === 200)
  t.match(await get(`${internal}/readyz`), { status: 503, text: /"waiting_for":\["mongodb"\]/ })
  await until(
    'it says so',
    () => /waiting for MongoDB/.test(service.log()) && /waiting for Redis/.test(service.log()),
  )
  const waits = service
    .log()
    .split('\n')
    .filter((line) => line.includes('waiting for'))
  t.ok(
    waits.every((line) => line.startsWith('{"level":30')),
    'which is no warning while parts start',
  )
  t.match(await get(`${url}/health`), { status: 503, text: '{"status":"error","database":"disconnected"}' })
  t.equal((await get(`${url}/.well-known/jwks.json`)).status, 200)
  const body = { email: newEmail(), password: PASSWORD }
  for (const path of ['/auth/register', '/auth/login']) {
    t.match(await post(path, body), { status: 503, text: /"code":"database_unavailable"/ }, path)
  }
})

t.test('another one that finds either of its ports taken ends with an error', async (t) => {
  const { PORT = '', INTERNAL_PORT = '' } = instance.environment
  const free = String(await freePort())
  for (const ports of [
    { PORT, INTERNAL_PORT: free },
    { PORT: free, INTERNAL_PORT },
  ]) {
    const other = startProcess(t, { ...instance.environment, ...ports, DRAIN_DELAY_MS: '0' })
    t.equal(await other.exited, 1)
    t.match(other.log(), 'EADDRINUSE')
  }
})

const email = newEmail()

t.test('it becomes ready when MongoDB appears, without Redis', async (t) => {
  await mongo.open()
  await until('it is ready', async () => (await get(`${internal}/readyz`)).status === 200)
  t.equal((await post('/auth/register', { email, password: PASSWORD })).status, 201)
  t.equal((await post('/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test('Redis may come and go', async (t) => {
  await redis.open()
  await until('Redis is connected', () => /Redis is connected/.test(service.log()))
  t.equal((await post('/auth/login', { email, password: PASSWORD })).status, 200)
  await redis.close()
  for (let i = 0; i < 5; i++) t.equal((await post('/auth/login', { email, password: PASSWORD })).status, 200)
})

t.test('while MongoDB is away at run time it stays ready and answers 503', async (t) => {
  await mongo.close()
  t.match(await post('/auth/login', { email, password: PASSWORD }), {
    status: 503,
    text: /database_unavailable/,
  })
  t.equal((await get(`${url}/health`)).status, 503)
  t.equal((await get(`${internal}/readyz`)).status, 200)
  t.equal((await get(`${internal}/livez`)).status, 200)
  await mongo.open()
  await until(
    'it logs in again',
    async () => (await post('/auth/login', { email, password: PASSWORD })).status === 200,
  )
})

t.test(
  'connections to MongoDB that are cut under load end in a log-in or in 503, never in 500',
  async (t) => {
    const statuses = new Set<number>()
    const people = Array.from({ length: 12 }, newEmail)
    for (const person of people) await post('/auth/register', { email: person, password: PASSWORD })
    for (let round = 0; round < 4; round++) {
      const logins = people.map((person) => post('/auth/login', { email: person, password: PASSWORD }))
      await Promise.race(logins)
      await mongo.close()
      for (const { status } of await Promise.all(logins)) statuses.add(status)
      await mongo.open()
      await until('it logs in again', async () => (await get(`${url}/health`)).status === 200)
    }
    t.strictSame(
      [...statuses].filter((status) => status !== 200 && status !== 503),
      [],
    )
  },
)

t.test('ended sessions are announced on the internal port until their tokens have expired', async (t) => {
  const { access_token } = JSON.parse((await post('/auth/login', { email, password: PASSWORD })).text)
  const { sid, exp } = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString())
  const feed = async (since: number) =>
    JSON.parse((await get(`${internal}/internal/revocations?since=${since}`)).text)
  t.strictSame((await feed(0)).revocations, [])
  const headers = { authorization: `Bearer ${access_token}` }
  t.equal((await get(`${url}/auth/logout`, { method: 'POST', headers })).status, 204)
  const before = Math.floor(Date.now() / 1000)
  const { now, revocations, keys, more } = await feed(0)
  const jwks = JSON.parse((await get(`${url}/.well-known/jwks.json`)).text)
  t.strictSame(
    keys,
    jwks.keys.map(({ kid }: { kid: string }) => kid),
    'and which keys there are',
  )
  t.match({ revocations, more }, { revocations: [{ sid }], more: false })
  t.ok(revocations[0].expires_at >= exp && revocations[0].expires_at <= exp + 120)
  t.ok(now >= before && now <= Date.now() / 1000)
  t.strictSame((await feed(now + 2)).revocations, [])
  t.equal((await get(`${url}/internal/revocations?since=0`)).status, 404, 'never on the public port')
  t.match(await get(`${internal}/internal/revocations?since=x`), { status: 422 })
  t.equal((await get(`${internal}/internal/revocations`)).status, 200)
})

t.test('metrics count log-ins, hashes and ended sessions', async (t) => {
  const { text } = await get(`${internal}/metrics`)
  t.match(text, /auth_logins_total\{outcome="success"\} [1-9]/)
  t.match(text, /auth_logins_total\{outcome="error"\} [1-9]/)
  t.match(text, /auth_password_hash_seconds_count [1-9]/)
  t.match(text, /auth_password_hash_queue_depth 0/)
  t.match(text, /auth_revocations_served_total [1-9]/)
  t.match(text, /event_loop_utilization /)
  t.match(
    text,
    /http_request_duration_seconds_count\{method="POST",route="\/auth\/login",status_code="200"\}/,
  )
})

/** Ends a process of its own. @returns what was seen, and whether the machine was too slow to see it before the end */
async function drain(delayMs: number) {
  const [port, internalPort] = [await freePort(), await freePort()]
  const leaving = startProcess(t, {
    ...instance.environment,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    DRAIN_DELAY_MS: String(delayMs),
  })
  const readyz = () => get(`http://127.0.0.1:${internalPort}/readyz`)
  await until('it is ready', async () => (await readyz()).status === 200)
  leaving.child.kill('SIGTERM')
  const asked = performance.now()
  await until('it is unready', async () => (await readyz()).status !== 200)
  const unready = await readyz()
  const login = await get(`http://127.0.0.1:${port}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  return { leaving, unready, login, isVoid: performance.now() - asked > delayMs }
}

t.test('on SIGTERM it turns unready, serves on, and exits with 0', async (t) => {
  let seen = await drain(1_000)
  for (const delayMs of [4_000, 16_000]) {
    if (!seen.isVoid) break
    t.comment('VOID: this machine was slower than the drain; once more')
    seen = await drain(delayMs)
  }
  t.notOk(seen.isVoid, 'the machine was quick enough to see it')
  t.equal(seen.unready.status, 503)
  t.equal(seen.login.status, 200)
  t.equal(await seen.leaving.exited, 0)
  for (const { log } of [service, seen.leaving]) {
    t.notMatch(log(), /"level":(50|60)/, 'no error was logged')
    t.notMatch(log(), new RegExp(PASSWORD), 'nor a password')
  }
})

t.test('settings that cannot be used end it with one line that names them all, and no values', async (t) => {
  const broken = startProcess(t, {
    PORT: 'x',
    MONGODB_URI: 'mongodb://u:hush/x@host',
    REDIS_URL: 'redis://:hush/x@host',
    REFRESH_TOKEN_SECRET: 'hush',
  })
  t.equal(await broken.exited, 1)
  t.match(broken.log(), /^The settings cannot be used: [^\n]+\n$/)
  for (const name of ['PORT', 'MONGODB_URI', 'REDIS_URL', 'REFRESH_TOKEN_SECRET', 'SIGNING_KEYS_FILE']) {
    t.match(broken.log(), `${name} `)
  }
  t.notMatch(broken.log(), /hush/)
})

t.test('a key file that is not there ends it with one line that names it', async (t) => {
  const broken = startProcess(t, { ...instance.environment, SIGNING_KEYS_FILE: '/nowhere/keys.json' })
  t.equal(await broken.exited, 1)
  t.match(broken.log(), /^SIGNING_KEYS_FILE \/nowhere\/keys\.json: [^\n]+\n$/)
})
