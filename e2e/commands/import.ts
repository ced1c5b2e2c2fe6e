import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Db, MongoClient, ObjectId } from 'mongodb'
import { createSupervisor, startStores } from '../../dev/index.ts'

/**
 * An AuthDB of COUNT (100000) users, each with a task, is copied as `make import` does: interrupted by SIGKILL half way,
 * continued, and repeated. Prints how long each part took, and the most memory that it had.
 */
const COUNT = Number(process.env.COUNT || 100_000)
const BATCH = 1_000
const LOOK_MS = 100
const ROOT = join(import.meta.dirname, '..', '..')
/** As AuthDB stored it; nobody logs in here */
const BCRYPT = '$2b$04$S26gMwr.JZ9MkBYRdyJJt.7OtPqrEcX4rswp3pn9TWa/lYEBlvP9O'

async function fill(source: Db): Promise<void> {
  for (let from = 0; from < COUNT; from += BATCH) {
    const users = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, n) => ({
      _id: new ObjectId(),
      email: `person-${from + n}@example.org`,
      name: 'Pat',
      password_hash: BCRYPT,
    }))
    await source.collection('users').insertMany(users)
    await source
      .collection('tasks')
      .insertMany(users.map(({ _id }) => ({ title: 'of AuthDB', owner_id: String(_id), completed: false })))
  }
}

/** Most resident memory of a process so far, MiB; undefined once it has ended. */
async function memoryOf(pid: number | undefined): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmHWM:\s+(\d+)/m.exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) / 1_024
}

/** Copies, and prints what that took. @param stopAt after so many that were read, by SIGKILL */
async function copy(service: string, env: NodeJS.ProcessEnv, stopAt = Number.POSITIVE_INFINITY) {
  const began = performance.now()
  const child = spawn(process.execPath, ['src/commands/import.ts'], { cwd: join(ROOT, service), env })
  let [last, memory] = ['', 0]
  const listen = (line: string) => {
    last = line
    if (Number(/: (\d+) read/.exec(line)?.[1] ?? 0) >= stopAt) child.kill('SIGKILL')
  }
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', listen)
  const looking = setInterval(async () => {
    memory = Math.max(memory, (await memoryOf(child.pid)) ?? 0)
  }, LOOK_MS)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...exit) => resolve(exit)),
  )
  clearInterval(looking)
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${service} ended with ${code}: ${last}`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  console.log(
    `${service.padEnd(12)} ${seconds.padStart(6)} s, ${memory.toFixed(0)} MiB, ${signal ?? 'ended'}: ${last}`,
  )
}

const dataDir = await mkdtemp(join(tmpdir(), 'authdb-import-'))
const supervisor = createSupervisor({})
try {
  const stores = await startStores({ supervisor, dataDir, syncOnCommit: false, say: console.log })
  const mongo = await MongoClient.connect(stores.mongodbUri)
  const source = mongo.db('authdb')
  await fill(source)
  await mongo.close()
  const uri = new URL(stores.mongodbUri)
  uri.pathname = `/${source.databaseName}`
  const env = {
    ...process.env,
    AUTHDB_URI: uri.href,
    AUTH_MONGODB_URI: stores.mongodbUri,
    MONGODB_URI: stores.mongodbUri,
  }
  console.log(stores.describe.join('\n'))
  await copy('auth-service', env, COUNT / 2)
  await copy('auth-service', env)
  await copy('auth-service', env)
  await copy('task-service', env, COUNT / 2)
  await copy('task-service', env)
  await copy('task-service', env)
} finally {
  await supervisor.stopAll()
  await rm(dataDir, { recursive: true, force: true })
}
