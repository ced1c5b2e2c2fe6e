import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Db, MongoClient, ObjectId } from 'mongodb'
import t from 'tap'
import { startPlatform } from '../../dev/index.ts'
import { call } from '../harness/http.ts'
import { allTitles, logIn, type Person } from '../harness/people.ts'

t.setTimeout(600_000)
const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const PASSWORD = 'correct horse battery'
/** As AuthDB stored it */
const BCRYPT = '$2b$04$S26gMwr.JZ9MkBYRdyJJt.7OtPqrEcX4rswp3pn9TWa/lYEBlvP9O'

const platform = await startPlatform({
  tasks: 1,
  env: { ...process.env, LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' },
})
t.teardown(() => platform.stop())
const { system, stores } = platform
const mongo = await MongoClient.connect(stores.mongodbUri)
t.teardown(() => mongo.close())

/** An AuthDB beside the two services' databases. */
const source: Db = mongo.db(`authdb_${randomBytes(4).toString('hex')}`)
const sourceUri = new URL(stores.mongodbUri)
sourceUri.pathname = `/${source.databaseName}`

async function command(service: string): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    AUTHDB_URI: sourceUri.href,
    AUTH_MONGODB_URI: stores.mongodbUri,
    MONGODB_URI: stores.mongodbUri,
  }
  const { stdout } = await run(process.execPath, ['src/commands/import.ts'], {
    cwd: join(ROOT, service),
    env,
  })
  return stdout
}

const importAll = async () => [await command('auth-service'), await command('task-service')].join('')

const ada = {
  _id: new ObjectId(),
  email: 'Ada@Example.org',
  name: 'Ada',
  role: 'ADMIN',
  password_hash: BCRYPT,
}
const bob = { _id: new ObjectId(), email: 'bob@example.org', password_hash: BCRYPT }
const nobody = { _id: new ObjectId(), email: 'no address', password_hash: BCRYPT }

async function signedIn({ email }: { email: string }): Promise<Person> {
  const { status, body } = await logIn(system.baseUrl, email, PASSWORD)
  t.equal(status, 200)
  const token = body.access_token
  const me = await call(`${system.baseUrl}/auth/me`, { token })
  return {
    id: me.body._id,
    email,
    password: PASSWORD,
    token,
    refreshToken: '',
    authorization: `Bearer ${token}`,
  }
}

t.test('a user of AuthDB logs in with the old password and sees the old tasks', async (t) => {
  await source.collection('users').insertMany([ada, bob, nobody])
  await source
    .collection('tasks')
    .insertMany([
      { title: 'of Ada, by text', owner_id: String(ada._id), completed: true, created_at: new Date(1_000) },
      { title: 'of Ada, by id', owner_id: ada._id, description: 'old' },
      { title: 'of Bob', owner_id: String(bob._id) },
      { title: 'of nobody', owner_id: String(nobody._id) },
      { owner_id: String(bob._id) },
    ])
  const report = await importAll()
  for (const line of [
    /^users: 3 read, 2 taken, 0 there already, 1 skipped$/m,
    /^claims to be ADMIN, and is USER now: ada@example\.org$/m,
    /^tasks: 5 read, 3 taken, 0 there already, 2 skipped$/m,
    new RegExp(`its owner ${nobody._id} has no account$`, 'm'),
    /^skipped task [\da-f]{24}: it has no title$/m,
  ])
    t.match(report, line)
  const person = await signedIn(ada)
  t.equal(person.id, String(ada._id))
  t.strictSame((await allTitles(system.baseUrl, person)).sort(), ['of Ada, by id', 'of Ada, by text'])
  t.strictSame(await allTitles(system.baseUrl, await signedIn(bob)), ['of Bob'])
  t.equal((await call(`${system.baseUrl}/users/`, { token: person.token })).status, 403, 'not as an ADMIN')
})

t.test('once more it takes what is new and changes nothing that is there', async (t) => {
  const person = await signedIn(ada)
  const [task] = (await call(`${system.baseUrl}/tasks`, { token: person.token })).body
  const changed = { method: 'PATCH', token: person.token, json: { title: 'changed here' } }
  t.equal((await call(`${system.baseUrl}/tasks/${task._id}`, changed)).status, 200)
  await source.collection('tasks').insertOne({ title: 'new', owner_id: bob._id })
  const report = await importAll()
  t.match(report, /^users: 3 read, 0 taken, 2 there already, 1 skipped$/m)
  t.match(report, /^tasks: 6 read, 1 taken, 3 there already, 2 skipped$/m)
  t.ok((await allTitles(system.baseUrl, person)).includes('changed here'))
})
