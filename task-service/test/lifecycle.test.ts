import t from 'tap'
import { freePort } from './support/free-port.ts'
import { newGate } from './support/gate.ts'
import { hexId, Issuer } from './support/issuer.ts'
import { get, heldPost } from './support/network.ts'
import { startProcess } from './support/process.ts'
import { environment } from './support/service.ts'
import { dropDatabase, mongodbUri, newDatabaseName, redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

/** The service gives a request 15 s to arrive. */
const HELD_LIMIT_MS = 14_000

const database = newDatabaseName()
t.teardown(() => dropDatabase(database))
const issuer = await Issuer.start()
t.teardown(() => issuer.close())
const mongo = await newGate(t, mongodbUri)
const redis = await newGate(t, redisUrl)
const [port, internalPort] = [await freePort(), await freePort()]
const url = `http://127.0.0.1:${port}`
const internal = `http://127.0.0.1:${internalPort}`

// Known addresses at which nobody answers yet.
await Promise.all([mongo.close(), redis.close(), issuer.close()])
const settings = {
  ...environment(issuer, database),
  LOG_LEVEL: 'info',
  MONGODB_URI: mongo.url,
  REDIS_URL: redis.url,
}
const service = startProcess(t, { ...settings, PORT: String(port), INTERNAL_PORT: String(internalPort) })

const token = await issuer.token({ sub: hexId() })

async function call(method: string, path: string, body?: object) {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body && { 'content-type': 'application/json' }),
  }
  return get(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
}

const readyz = () => get(`${internal}/readyz`)
async function waitingFor(): Promise<string[]> {
  return JSON.parse((await readyz()).text).waiting_for
}

t.test('without MongoDB, Redis and auth-service it starts, is alive, not ready, and says why', async (t) => {
  await until('it answers', async () => (await get(`${internal}/livez`)).status === 200)
  const { status, text } = await readyz()
  t.equal(status, 503)
  t.same(JSON.parse(text), { status: 'waiting', waiting_for: ['mongodb', 'keys', 'revocations'] })
  for (const what of ['MongoDB', 'Redis', 'the keys of auth-service', 'ended sessions']) {
    await until(`it says that it waits for ${what}`, () => service.log().includes(`waiting for ${what}`))
  }
  const waits = service
    .log()
    .split('\n')
    .filter((line) => line.includes('waiting for'))
  t.ok(
    waits.every((line) => line.startsWith('{"level":30')),
    'which is no warning while parts start',
  )
  t.match(await call('GET', '/tasks/'), { status: 401 })
  t.match(await get(`${url}/tasks/`), { status: 401 })
})

t.test('another one that finds either of its ports taken ends with an error', async (t) => {
  const free = await freePort()
  for (const [ownPort, ownInternalPort] of [
    [port, free],
    [free, internalPort],
  ]) {
    const other = startProcess(t, {
      ...environment(issuer, database),
      LOG_LEVEL: 'info',
      PORT: String(ownPort),
      INTERNAL_PORT: String(ownInternalPort),
      DRAIN_DELAY_MS: '0',
    })
    t.equal(await other.exited, 1)
    t.match(other.log(), 'EADDRINUSE')
  }
})

t.test('it becomes ready when MongoDB and auth-service have appeared, without Redis', async (t) => {
  await mongo.open()
  await until('MongoDB is there', async () => !(await waitingFor()).includes('mongodb'))
  t.same(await waitingFor(), ['keys', 'revocations'])
  t.equal((await readyz()).status, 503)
  await issuer.listen()
  await until('it is ready', async () => (await readyz()).status === 200)
  t.same(await waitingFor(), [])
  await until('it writes', async () => (await call('POST', '/tasks/', { title: 'a' })).status === 201)
  const list = await call('GET', '/tasks/')
  t.equal(list.status, 200)
  t.match(list.headers.get('cache-status'), /cache-off/)
})

t.test('when Redis appears lists come from it', async (t) => {
  await redis.open()
  await until('there is a hit', async () => {
    return (await call('GET', '/tasks/')).headers.get('cache-status') === 'task-lists; hit'
  })
  t.match((await get(`${internal}/metrics`)).text, /task_cache_reads_total\{result="hit"\} [1-9]/)
})

/** Ends a process of its own while a request is in flight. @returns what was seen, and whether the machine was in time */
async function drain(delayMs: number) {
  const [port, internalPort] = [await freePort(), await freePort()]
  const [url, internal] = [`http://127.0.0.1:${port}/tasks/`, `http://127.0.0.1:${internalPort}/readyz`]
  const leaving = startProcess(t, {
    ...settings,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    DRAIN_DELAY_MS: String(delayMs),
  })
  await until('it is ready', async () => (await get(internal)).status === 200)
  const started = performance.now()
  const inFlight = heldPost(t, url, token)
  const kept = await get(url)
  leaving.child.kill('SIGTERM')
  const asked = performance.now()
  await until('it is unready', async () => (await get(internal)).status !== 200)
  const { text: unready } = await get(internal)
  const served = await get(url)
  const wasInTime = performance.now() - asked < delayMs
  await until('it takes no new connection', async () => (await get(url)).status === 0)
  inFlight.end()
  const answer = await inFlight.answer
  const isVoid = !wasInTime || performance.now() - started > HELD_LIMIT_MS
  return { leaving, isVoid, kept, unready, served, answer }
}

t.test('on SIGTERM it turns unready, serves on, answers what is in flight, and exits with 0', async (t) => {
  let seen = await drain(1_500)
  for (const delayMs of [3_000, 6_000, 6_000]) {
    if (!seen.isVoid) break
    t.comment('VOID: this machine was slower than the drain; once more')
    seen = await drain(delayMs)
  }
  const { leaving, unready, served, answer } = seen
  t.notOk(seen.isVoid, 'the machine was quick enough to see it')
  t.same(JSON.parse(unready).waiting_for, ['draining'])
  t.equal(seen.kept.headers.get('connection'), 'keep-alive')
  t.equal(served.status, 401, 'the public port serves on')
  t.equal(served.headers.get('connection'), 'close', 'and keeps no connection')
  t.match(answer, /^HTTP\/1.1 201 /, 'what was in flight then is answered')
  t.equal(await leaving.exited, 0)
  for (const { log } of [service, leaving]) {
    t.notMatch(log(), /"level":(50|60)/, 'no error was logged')
    t.notMatch(log(), token, 'nor a token')
  }
})

t.test('settings that cannot be used end it with one line that names them all, and no values', async (t) => {
  const broken = startProcess(t, {
    PORT: 'x',
    MONGODB_URI: 'mongodb://u:hush/x@host',
    REDIS_URL: 'redis://:hush/x@host',
    JWKS_URL: 'http://u:hush@host/',
  })
  t.equal(await broken.exited, 1)
  t.match(broken.log(), /^The settings cannot be used: [^\n]+\n$/)
  for (const name of ['PORT', 'MONGODB_URI', 'REDIS_URL', 'JWKS_URL']) t.match(broken.log(), `${name} `)
  t.notMatch(broken.log(), /hush/)
})
