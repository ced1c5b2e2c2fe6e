import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import bcrypt from 'bcrypt'
import { ObjectId } from 'mongodb'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, login, newEmail, register } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'
import { dropDatabase, mongodbUri, newDatabaseName } from './support/stores.ts'

const run = promisify(execFile)
const service = await startService(t)
const { app } = service
const users = service.mongo.db(service.environment.MONGODB_DATABASE).collection('users')
const HASH = await bcrypt.hash(PASSWORD, 4)

/** An AuthDB with these users. */
async function newAuthDb(documents: object[]) {
  const name = newDatabaseName()
  t.teardown(() => dropDatabase(name))
  const collection = service.mongo.db(name).collection('users')
  if (documents.length > 0) await collection.insertMany(documents as { _id: ObjectId }[])
  const uri = new URL(mongodbUri)
  uri.pathname = `/${name}`
  return { collection, uri: uri.href }
}

async function importFrom(uri: string): Promise<string[]> {
  const file = new URL('../src/commands/import.ts', import.meta.url).pathname
  const { MONGODB_URI = '', MONGODB_DATABASE = '' } = service.environment
  const env = { PATH: process.env.PATH, MONGODB_URI, MONGODB_DATABASE, AUTHDB_URI: uri }
  return (await run(process.execPath, [file], { env })).stdout.trim().split('\n')
}

const user = (email: string, more: object = {}) => ({
  _id: new ObjectId(),
  email,
  password_hash: HASH,
  ...more,
})

t.test('users arrive with their id, name and password, and everybody as USER', async (t) => {
  const ada = user('Ada@Example.org', { name: 'Ada', role: 'ADMIN', created_at: new Date(5_000) })
  const { uri } = await newAuthDb([ada, user(newEmail(), { role: 'USER' })])
  const lines = await importFrom(uri)
  t.strictSame(lines, [
    'claims to be ADMIN, and is USER now: ada@example.org',
    'users: 2 read, 2 taken, 0 there already, 0 skipped',
  ])
  const { access_token } = await login(app, 'ada@example.org')
  t.match(await call(app, 'GET', '/auth/me', undefined, access_token), {
    body: {
      _id: String(ada._id),
      name: 'Ada',
      role: 'USER',
      permissions: [],
      created_at: '1970-01-01T00:00:05.000Z',
    },
  })
})

t.test('what cannot be taken is said with its reason, and stops nothing', async (t) => {
  const taken = await register(app)
  const email = newEmail()
  const [odd, bad, plain, second, again] = [
    { _id: 'text', email: newEmail(), password_hash: HASH },
    user('no address'),
    user(newEmail(), { password_hash: 'plain' }),
    user(email.toUpperCase()),
    user(taken.email),
  ]
  const first = user(email)
  const { uri } = await newAuthDb([odd, bad, plain, first, second, again])
  const lines = await importFrom(uri)
  for (const line of [
    `skipped user ${bad._id}: its e-mail address cannot be one`,
    `skipped user ${plain._id}: it has no bcrypt hash of a password`,
    `skipped user ${again._id}: its address belongs to another account`,
    'skipped 1 users: their ids are no ObjectIds',
    'users: 6 read, 1 taken, 0 there already, 5 skipped',
  ])
    t.ok(lines.includes(line), line)
  t.equal(lines.filter((line) => /its address belongs to user/.test(line)).length, 1)
})

t.test('once more it takes what is new, and changes nothing that is there', async (t) => {
  const [old, gone] = [user(newEmail()), user(newEmail())]
  const { uri, collection } = await newAuthDb([old, gone])
  await importFrom(uri)
  const { access_token } = await login(app, old.email)
  await call(app, 'PATCH', '/auth/me', { name: 'New name' }, access_token)
  const leaving = (await login(app, gone.email)).access_token
  t.equal((await call(app, 'DELETE', '/auth/me', { password: PASSWORD }, leaving)).status, 202)
  const added = user(newEmail())
  await collection.insertOne(added)
  t.strictSame(await importFrom(uri), [
    `skipped user ${gone._id}: it was deleted here`,
    'users: 3 read, 1 taken, 1 there already, 1 skipped',
  ])
  t.match(await users.findOne({ _id: old._id }), { name: 'New name' })
  t.equal(await users.findOne({ _id: gone._id }), null)
})

t.test('an import that was interrupted goes on where it was', async (t) => {
  const all = Array.from({ length: 6 }, () => user(newEmail()))
  const { uri } = await newAuthDb(all)
  const { createHash } = await import('node:crypto')
  await service.mongo
    .db(service.environment.MONGODB_DATABASE)
    .collection<{ _id: string }>('imports')
    .insertOne({
      _id: createHash('sha256').update(uri).digest('base64url'),
      after: all[3]?._id,
      read: 4,
      taken: 4,
      known: 0,
      skipped: 0,
    } as { _id: string })
  t.strictSame(await importFrom(uri), [
    `going on after user ${all[3]?._id}, where an import was interrupted`,
    'users: 6 read, 6 taken, 0 there already, 0 skipped',
  ])
  t.equal(await users.countDocuments({ _id: { $in: all.map(({ _id }) => _id) } }), 2)
  t.match(
    (await importFrom(uri)).at(-1),
    'users: 6 read, 4 taken, 2 there already',
    'and then from the beginning',
  )
})

function restore(file?: string): Promise<string> {
  const script = new URL('../src/commands/restored.ts', import.meta.url).pathname
  const { MONGODB_URI = '', MONGODB_DATABASE = '' } = service.environment
  const env = { PATH: process.env.PATH, MONGODB_URI, MONGODB_DATABASE }
  return run(process.execPath, [script, ...(file ? [file] : [])], { env }).then(({ stdout }) => stdout)
}

t.test('after a restore, deleted accounts are deleted again and every session has ended', async (t) => {
  const { writeFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const kept = await loggedIn(app)
  const gone = await loggedIn(app)
  const backup = await users.findOne({ _id: new ObjectId(gone.id) })
  t.equal(
    (await call(app, 'DELETE', '/auth/me', { password: PASSWORD }, gone.tokens.access_token)).status,
    202,
  )
  const { MONGODB_URI = '', MONGODB_DATABASE = '' } = service.environment
  const erased = new URL('../src/commands/erased.ts', import.meta.url).pathname
  const env = { PATH: process.env.PATH, MONGODB_URI, MONGODB_DATABASE }
  const { stdout } = await run(process.execPath, [erased], { env })
  t.match(stdout, new RegExp(`^${gone.id}$`, 'm'))
  const file = join(t.testdir(), 'erased.txt')
  await writeFile(file, stdout)
  // The backup knew the account, and not that it would be deleted.
  const database = service.mongo.db(MONGODB_DATABASE)
  await database.collection('erased').deleteMany({})
  await database.collection('erasures').deleteMany({})
  if (backup) await users.insertOne(backup)
  t.equal((await call(app, 'POST', '/auth/login', { email: gone.email, password: PASSWORD })).status, 200)
  t.match(await restore(file), /of which 1 accounts were back; [1-9]\d* sessions ended\n$/)
  t.equal((await call(app, 'POST', '/auth/login', { email: gone.email, password: PASSWORD })).status, 401)
  t.equal((await call(app, 'GET', '/auth/me', undefined, kept.tokens.access_token)).status, 401)
  const { refresh_token } = kept.tokens
  t.equal((await call(app, 'POST', '/auth/refresh', { refresh_token })).status, 401)
  t.ok(await database.collection('erasures').findOne({ _id: new ObjectId(gone.id) }), 'its tasks go again')
  t.match(await restore(file), /of which 0 accounts were back; 0 sessions ended/)
  await login(app, kept.email)
})

t.test('it is in the record that users were imported, promoted and a database restored', async (t) => {
  const admin = await newAdmin(service)
  for (const action of ['users.imported', 'database.restored']) {
    const { body } = await call(app, 'GET', `/audit?action=${action}`, undefined, admin.tokens.access_token)
    t.match(body[0], { action, actor_id: null, user_agent: /^auth-service (import|restored)$/ })
  }
})
