import { createHmac, randomBytes } from 'node:crypto'
import { cpus } from 'node:os'
import { MongoClient, ObjectId } from 'mongodb'
import { startPlatform } from '../../dev/index.ts'
import { call } from '../harness/http.ts'
import { newPerson } from '../harness/people.ts'

/**
 * How long a log-out takes to be felt: from its acknowledgement to the first refusal, at each instance of task-service.
 * COUNT (10000) log-outs, AT_ONCE (4) of them side by side, TASKS (3) instances; REDIS=off ends Redis first.
 */
const COUNT = Number(process.env.COUNT || 10_000)
const AT_ONCE = Number(process.env.AT_ONCE || 4)
const TASKS = Number(process.env.TASKS || 3)
const WITH_REDIS = process.env.REDIS !== 'off'
const BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, Number.POSITIVE_INFINITY]
const BATCH = 1_000

const secret = randomBytes(48).toString('base64url')

/** The first refresh token of a session, as auth-service makes it: nothing of a token is stored. */
function refreshToken(sessionId: ObjectId): string {
  const head = Buffer.concat([Buffer.from(sessionId.toHexString(), 'hex'), Buffer.alloc(4)])
  return Buffer.concat([head, createHmac('sha256', secret).update(head).digest()]).toString('base64url')
}

const platform = await startPlatform({
  tasks: TASKS,
  env: { ...process.env, LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' },
  authEnv: { REFRESH_TOKEN_SECRET: secret },
  say: (line) => console.error(line),
})
const { system, stores } = platform

/** Copies of one log-in: as many by their passwords would take a processor many minutes. */
async function newSessions(): Promise<ObjectId[]> {
  const person = await newPerson(system.baseUrl)
  const mongo = await MongoClient.connect(stores.mongodbUri)
  const sessions = mongo.db('auth').collection('sessions')
  const first = await sessions.findOne({ user_id: new ObjectId(person.id) })
  const ids = Array.from({ length: COUNT }, () => new ObjectId())
  for (let from = 0; from < ids.length; from += BATCH)
    await sessions.insertMany(ids.slice(from, from + BATCH).map((_id) => ({ ...first, _id })))
  await mongo.close()
  return ids
}

/** @returns milliseconds from the answer to the log-out until the instance refuses the token */
async function refusedAfter(url: string, token: string, since: number): Promise<number> {
  while ((await call(`${url}/tasks?limit=1`, { token })).status !== 401);
  return performance.now() - since
}

async function logOut(sessionId: ObjectId): Promise<number[]> {
  const json = { refresh_token: refreshToken(sessionId) }
  const { body } = await call(`${system.auth.url}/auth/refresh`, { method: 'POST', json })
  const token: string = body.access_token
  const accepted = await Promise.all(system.tasks.map(({ url }) => call(`${url}/tasks?limit=1`, { token })))
  if (accepted.some(({ status }) => status !== 200)) throw new Error('a token was refused before its log-out')
  const { status } = await call(`${system.auth.url}/auth/logout`, { method: 'POST', token })
  if (status !== 204) throw new Error(`the log-out was answered ${status}`)
  const since = performance.now()
  return Promise.all(system.tasks.map(({ url }) => refusedAfter(url, token, since)))
}

async function logOutAll(ids: ObjectId[]): Promise<number[]> {
  const felt: number[] = []
  const left = [...ids]
  async function work(): Promise<void> {
    for (let id = left.pop(); id; id = left.pop()) felt.push(...(await logOut(id)))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return felt.sort((a, b) => a - b)
}

function report(felt: number[]): void {
  const at = (share: number) =>
    felt[Math.min(felt.length - 1, Math.ceil(share * felt.length) - 1)] ?? Number.NaN
  console.log(
    `${COUNT} log-outs at ${TASKS} instances, ${AT_ONCE} at once, Redis ${WITH_REDIS ? 'there' : 'away'}; ${cpus().length} processors`,
  )
  console.log(stores.describe.join('\n'))
  let below = 0
  for (const bucket of BUCKETS_MS) {
    const count = felt.filter((ms) => ms <= bucket).length - below
    below += count
    const name = Number.isFinite(bucket) ? `<= ${bucket} ms` : 'longer'
    console.log(
      `${name.padStart(10)} ${String(count).padStart(8)} ${'#'.repeat(Math.ceil((60 * count) / felt.length))}`,
    )
  }
  for (const share of [0.5, 0.9, 0.99, 0.999, 1])
    console.log(`p${share * 100}`.padStart(10), `${at(share).toFixed(1)} ms`)
}

try {
  const ids = await newSessions()
  if (!WITH_REDIS) await stores.redis.kill('SIGKILL')
  report(await logOutAll(ids))
} finally {
  await platform.stop()
}
