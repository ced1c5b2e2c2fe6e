import t from 'tap'
import { freePort } from './support/free-port.ts'
import { newGate } from './support/gate.ts'
import { hexId, Issuer } from './support/issuer.ts'
import { get } from './support/network.ts'
import { openStores } from './support/open-stores.ts'
import { startProcess } from './support/process.ts'
import { environment } from './support/service.ts'
import { dropDatabase, newDatabaseName, redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

/** A write that is older than 3 s is past its deadline. */
const FROZEN_MS = 3_500
const HIT = 'task-lists; hit'

const issuer = await Issuer.start()
t.teardown(() => issuer.close())
const database = newDatabaseName()
t.teardown(() => dropDatabase(database))
const redis = await newGate(t, redisUrl)
const port = await freePort()
const { child } = startProcess(t, {
  ...environment(issuer, database),
  REDIS_URL: redis.url,
  PORT: String(port),
  INTERNAL_PORT: String(await freePort()),
})
const stores = await openStores(t, database)

async function someone() {
  const id = hexId()
  const authorization = `Bearer ${await issuer.token({ sub: id })}`
  const url = `http://127.0.0.1:${port}/tasks/`
  const body = JSON.stringify({ title: 'a' })
  return {
    id,
    read: () => get(url, { headers: { authorization } }),
    write: () =>
      get(url, { method: 'POST', body, headers: { authorization, 'content-type': 'application/json' } }),
  }
}

const isHit = async ({ read }: Awaited<ReturnType<typeof someone>>) =>
  (await read()).headers.get('cache-status') === HIT

/** The answer to the nth script of a write is lost with its connection, while the process stands still for too long. */
function freezeAtScript(n: number): { thawed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let seen = 0
  redis.sent = ''
  redis.onAnswer = (chunk) => {
    const asked = redis.sent.includes('evalsha')
    redis.sent = ''
    if (!asked || ++seen < n) return chunk
    redis.onAnswer = (later) => later
    child.kill('SIGSTOP')
    redis.reset()
    setTimeout(() => {
      child.kill('SIGCONT')
      resolve()
    }, FROZEN_MS)
    return Buffer.alloc(0)
  }
  return { thawed: promise }
}

for (const [what, script, code] of [
  ['its MARK', 1, 'write_unavailable'],
  ['its UNMARK', 2, 'outcome_unknown'],
] as const) {
  t.test(`an instance frozen at ${what} wakes, says ${code}, and leaves the cache on`, async (t) => {
    const user = await someone()
    await until('the cache is on', () => isHit(user))
    // The scripts are known to Redis by now, so each step is one command.
    await until('a write is made', async () => (await user.write()).status === 201)
    await until('the list is cached', () => isHit(user))
    const before = await stores.epoch()
    const { thawed } = freezeAtScript(script)
    const answer = await user.write()
    await thawed
    t.match(answer, { status: 503, text: `"code":"${code}"` })
    t.ok(answer.headers.get('retry-after'))
    await until('readers have the cache back', () => isHit(user))
    const { epoch, cache } = await stores.epoch()
    t.same({ epoch, cache }, { epoch: before.epoch, cache: before.cache }, 'no epoch change')
    const titles = JSON.parse((await user.read()).text)
    t.equal(
      titles.length,
      script === 1 ? 1 : 2,
      'the write was made only where its outcome was said to be unknown',
    )
  })
}
