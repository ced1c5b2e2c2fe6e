import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { startPlatform } from '../src/platform.ts'
import { isAlive } from './fixtures/processes.ts'

const platform = await startPlatform({
  tasks: 3,
  syncOnCommit: true,
  env: { ...process.env, RATE_LIMIT_PER_MINUTE: '0', DRAIN_DELAY_MS: '100' },
})
const { system, stores } = platform
t.teardown(() => platform.stop())
const pids: number[] = []

/** Enough for hundreds of requests in a restart, and little enough for the rest of the machine. */
const PAUSE_MS = 5

/** Sends requests without a token until `work` is done. @returns every method and status seen, and how often */
async function whileAsking(
  methods: readonly string[],
  work: () => Promise<void>,
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  let done = false
  const clients = Array.from({ length: 2 }, () => methods).flat()
  const asking = clients.map(async (method) => {
    while (!done) {
      const { status } = await fetch(`${system.baseUrl}/tasks/`, { method })
      seen[`${method} ${status}`] = (seen[`${method} ${status}`] ?? 0) + 1
      await sleep(PAUSE_MS)
    }
  })
  await work()
  done = true
  await Promise.all(asking)
  return seen
}

const failures = (seen: Record<string, number>) =>
  Object.keys(seen).filter((answer) => / 5\d\d$/.test(answer))

t.test('a rolling restart of all instances fails no request, be it a GET or a POST', async (t) => {
  const statuses = await whileAsking(['GET', 'POST'], async () => {
    for (const task of system.tasks) {
      const { pid } = task
      await task.restart()
      t.not(task.pid, pid, 'another process')
      t.notOk(isAlive(pid))
    }
  })
  t.strictSame(failures(statuses), [], JSON.stringify(statuses))
})

t.test('an instance that is killed fails no GET, and can be started again', async (t) => {
  const [task] = system.tasks
  if (!task) throw new Error('no instance')
  const statuses = await whileAsking(['GET'], async () => {
    await task.kill('SIGKILL')
    t.notOk(task.isRunning())
    await task.start()
  })
  t.strictSame(failures(statuses), [], JSON.stringify(statuses))
  t.ok((await fetch(`${task.url}/tasks/`)).status < 500)
})

t.test(
  'MongoDB keeps what it acknowledged when it is killed; Redis comes back empty or not, but comes back',
  async (t) => {
    const client = new MongoClient(stores.mongodbUri)
    const notes = client.db('platform-test').collection('notes')
    await notes.insertOne({ kept: true })
    await stores.mongodb.kill('SIGKILL')
    await stores.mongodb.start()
    t.equal(await notes.countDocuments(), 1)
    await client.close()
    const { pid } = stores.redis
    await stores.redis.restart()
    t.not(stores.redis.pid, pid)
  },
)

t.test('stopping leaves no process of the platform', async (t) => {
  pids.push(...[system.gateway, system.auth, ...system.tasks].map((one) => one.pid))
  pids.push(...[stores.mongodb.pid, stores.redis.pid].filter((pid) => pid !== undefined))
  t.equal(pids.length, 7)
  t.ok(pids.every(isAlive))
  await platform.stop()
  t.strictSame(pids.filter(isAlive), [])
})
