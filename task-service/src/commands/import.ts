import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { loadDatabaseConfig } from '../config.ts'
import { AuthDbTasks, ImportRepository, importTasks, Owners, type Progress } from '../import/index.ts'
import { createMongoClient, mongodbUri } from '../platform/mongo.ts'
import { databaseName, readSettings, setting } from '../platform/settings.ts'

const Sources = Type.Object({
  AUTHDB_URI: setting(mongodbUri, { description: 'The AuthDB to copy from, with the name of its database' }),
  AUTH_MONGODB_URI: setting(mongodbUri, { description: 'Where auth-service keeps the accounts' }),
  AUTH_MONGODB_DATABASE: setting(databaseName, { default: 'auth', description: 'Its database' }),
})

const say = ({ read, taken, known, skipped }: Progress) =>
  `tasks: ${read} read, ${taken} taken, ${known} there already, ${skipped} skipped`

/** Copies the tasks of an AuthDB into the database of this service, after the accounts were. */
async function importAll(): Promise<string> {
  const config = loadDatabaseConfig(process.env)
  const { AUTHDB_URI, AUTH_MONGODB_URI, AUTH_MONGODB_DATABASE } = readSettings(Sources, process.env)
  const clientOf = (uri: string) => createMongoClient({ ...config, MONGODB_URI: uri })
  const clients = [AUTHDB_URI, AUTH_MONGODB_URI, config.MONGODB_URI].map(clientOf)
  const [source, accounts, own] = clients
  if (!source || !accounts || !own) throw new Error('three databases are needed')
  try {
    const counts = await importTasks({
      from: new AuthDbTasks(source.db()),
      owners: new Owners(accounts.db(AUTH_MONGODB_DATABASE)),
      to: new ImportRepository(own.db(config.MONGODB_DATABASE)),
      // A connection string holds a password.
      source: createHash('sha256').update(AUTHDB_URI).digest('base64url'),
      report: (line) => console.log(line),
      progress: (counts) => console.error(say(counts)),
    })
    return say(counts)
  } finally {
    for (const client of clients) await client.close()
  }
}

try {
  console.log(await importAll())
} catch (error) {
  console.error(`import: ${(error as Error).message}`)
  process.exitCode = 1
}
