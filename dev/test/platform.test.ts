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

/** Asks for lists, without a token, until `work` is done. @returns every status seen, and how often */
async function whileReading(work: () => Promise<void>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {}
  let done = false
  const readers = Array.from({ length: 4 }, async () => {
    while (!done) {
      const { status } = await fetch(`${system.baseUrl}/tasks/`)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  })
  await work()
  done = true
  await Promise.all(readers)
  return statuses
}

const failures = (statuses: Record<number, number>) =>
  Object.keys(statuses).filter((status) => Number(status) >= 500)

t.test('a rolling restart of all instances fails no GET', async (t) => {
  const statuses = await whileReading(async () => {
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
  const statuses = await whileReading(async () => {
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
