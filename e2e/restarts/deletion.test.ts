import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { MongoClient, ObjectId } from 'mongodb'
import t, { type Test } from 'tap'
import { createSupervisor, type Instance, startPlatform, startStores } from '../../dev/index.ts'
import { call } from '../harness/http.ts'
import { allTitles, logIn, newPerson, type Person } from '../harness/people.ts'
import { until } from '../harness/until.ts'

t.setTimeout(900_000)
const HOST = '127.0.0.1'
const QUIET = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'silent' }
const TASKS = ['one', 'two']

/** A way to MongoDB on which a process is killed when MongoDB has carried out a certain command of its, before it hears of it. */
class DeadlyWay {
  port = 0
  #server: Server | undefined
  #deadly: RegExp | undefined
  #kill: (() => void) | undefined

  async open(target: URL): Promise<void> {
    const server = createServer((client) => {
      const store = connect(Number(target.port), target.hostname)
      let isDoomed = false
      client.on('data', (bytes) => {
        // A driver writes each command in one piece; names stand in it as they are.
        if (this.#deadly?.test(bytes.toString('latin1'))) {
          isDoomed = true
          this.#deadly = undefined
        }
        store.write(bytes)
      })
      store.on('data', (bytes) => {
        if (!isDoomed) {
          client.write(bytes)
          return
        }
        this.#kill?.()
        client.destroy()
      })
      for (const [one, other] of [
        [client, store],
        [store, client],
      ] as const) {
        one.on('error', () => other.destroy())
        one.on('close', () => other.destroy())
      }
    })
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    this.port = (server.address() as { port: number }).port
    this.#server = server
  }

  /** @returns when the process is dead */
  arm(command: string, collection: string, instance: Instance): Promise<void> {
    return new Promise((resolve) => {
      this.#kill = () => {
        this.#kill = undefined
        void instance.kill('SIGKILL').then(resolve)
      }
      this.#deadly = new RegExp(`${command}\\0[^]{4}${collection}\\0`)
    })
  }

  close(): void {
    this.#server?.close()
  }
}

const supervisor = createSupervisor({})
t.teardown(() => supervisor.stopAll())
const stores = await startStores({
  supervisor,
  dataDir: join(await supervisor.temporaryDirectory(), 'data'),
  // Nothing that is said to be done is lost; here MongoDB itself stays.
  syncOnCommit: false,
})
const [ofAuth, ofTasks] = [new DeadlyWay(), new DeadlyWay()]
for (const way of [ofAuth, ofTasks]) {
  await way.open(new URL(stores.mongodbUri))
  t.teardown(() => way.close())
}
const through = ({ port }: DeadlyWay) => {
  const url = new URL(stores.mongodbUri)
  url.port = String(port)
  return url.href
}
const { system, stop } = await startPlatform({
  tasks: 1,
  stores,
  env: { ...process.env, ...QUIET },
  authEnv: { MONGODB_URI: through(ofAuth) },
  taskEnv: () => ({ MONGODB_URI: through(ofTasks) }),
})
t.teardown(() => stop())
const [task] = system.tasks
if (!task) throw new Error('there is no instance of task-service')
const mongo = await MongoClient.connect(stores.mongodbUri)
t.teardown(() => mongo.close())
const [auth, tasks] = [mongo.db('auth'), mongo.db('tasks').collection('tasks')]

async function personWithTasks(): Promise<Person> {
  const person = await newPerson(system.baseUrl)
  for (const title of TASKS) {
    const request = { method: 'POST', token: person.token, json: { title } }
    // A busy machine, or a process that has just started, may need a second try.
    await until(
      'there is the task',
      async () => (await call(`${system.baseUrl}/tasks`, request)).status === 201,
    )
  }
  return person
}

/** What was begun before an instance died is old enough to be finished by the next one. */
async function letTimePass(): Promise<void> {
  const long = new Date(Date.now() - 60_000)
  await auth
    .collection('users')
    .updateMany({ deleting_at: { $exists: true } }, { $set: { deleting_at: long } })
  await auth
    .collection('erasures')
    .updateMany({ acknowledged_at: { $exists: false } }, { $set: { next_attempt_at: long } })
}

async function isGone(t: Test, { id, email, password, token }: Person): Promise<void> {
  const owner = { owner_id: new ObjectId(id) }
  await until('the tasks are gone', async () => {
    await letTimePass()
    return (await tasks.countDocuments(owner)) === 0
  })
  await until('the account is gone', async () => (await auth.collection('users').findOne({ email })) === null)
  t.equal((await logIn(system.baseUrl, email, password)).status, 401)
  t.equal((await call(`${system.baseUrl}/auth/me`, { token })).status, 401)
}

/** Each command that a deletion sends: the process that sent it dies when it was carried out. */
const STEPS: [what: string, way: DeadlyWay, instance: Instance, command: string, collection: string][] = [
  ['auth-service has marked the account', ofAuth, system.auth, 'findAndModify', 'users'],
  ['it has noted that the account is gone', ofAuth, system.auth, 'update', 'erased'],
  ['it has noted the erasure', ofAuth, system.auth, 'insert', 'erasures'],
  ['it has ended the sessions', ofAuth, system.auth, 'update', 'sessions'],
  ['it has removed the account', ofAuth, system.auth, 'delete', 'users'],
  ['task-service has removed the tasks for it', ofTasks, system.auth, 'delete', 'tasks'],
  ['task-service has removed the tasks', ofTasks, task, 'delete', 'tasks'],
  ['auth-service has noted the acknowledgement', ofAuth, system.auth, 'update', 'erasures'],
]

const bystander = await personWithTasks()
const gone: Person[] = []
for (const [what, way, instance, command, collection] of STEPS) {
  t.test(`a deletion whose process is killed when ${what} leaves no account and no task`, async (t) => {
    const person = await personWithTasks()
    const { id } = person
    // Nothing of an earlier step may send the command first.
    await until('earlier erasures are done', async () => {
      const open = { acknowledged_at: { $exists: false } }
      return (await auth.collection('erasures').countDocuments(open)) === 0
    })
    const died = way.arm(command, collection, instance)
    const json = { password: person.password }
    const request = { method: 'DELETE', token: person.token, json }
    const answer = await call(`${system.auth.url}/auth/me`, request).catch(() => undefined)
    await died
    t.notOk(instance.isRunning(), `killed; the request was ${answer ? answer.status : 'not answered'}`)
    await instance.start()
    await isGone(t, person)
    gone.push(person)
    t.equal(await tasks.countDocuments({ owner_id: new ObjectId(id) }), 0)
    t.ok(
      (await tasks.countDocuments({ owner_id: new ObjectId(bystander.id) })) >= TASKS.length,
      'nobody else’s are',
    )
  })
}

t.test('none of them is back, and who was never deleted has everything', async (t) => {
  t.equal(gone.length, STEPS.length)
  const owners = gone.map(({ id }) => new ObjectId(id))
  t.equal(await tasks.countDocuments({ owner_id: { $in: owners } }), 0)
  t.equal(await auth.collection('users').countDocuments({ _id: { $in: owners } }), 0)
  const titles = new Set(await allTitles(system.baseUrl, bystander))
  t.strictSame([...titles].sort(), TASKS)
})
