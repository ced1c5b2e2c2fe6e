import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { AuthDbUsers, ImportRepository, importUsers, type Progress } from '../import/index.ts'
import { createMongoClient, mongodbUri } from '../platform/mongo.ts'
import { readSettings, setting } from '../platform/settings.ts'
import { beside, runCommand } from './beside.ts'

const Source = Type.Object({
  AUTHDB_URI: setting(mongodbUri, { description: 'The AuthDB to copy from, with the name of its database' }),
})

const say = ({ read, taken, known, skipped }: Progress) =>
  `users: ${read} read, ${taken} taken, ${known} there already, ${skipped} skipped`

/** Copies the accounts of an AuthDB into the database of this service; everybody arrives as USER. */
function importAccounts(): Promise<string> {
  const { AUTHDB_URI: uri } = readSettings(Source, process.env)
  return beside('import', async ({ db, config, record }) => {
    const client = createMongoClient({ ...config, MONGODB_URI: uri })
    try {
      const counts = await importUsers({
        from: new AuthDbUsers(client.db()),
        to: new ImportRepository(db),
        // A connection string holds a password.
        source: createHash('sha256').update(uri).digest('base64url'),
        report: (line) => console.log(line),
        progress: (counts) => console.error(say(counts)),
      })
      await record('users.imported', null)
      return say(counts)
    } finally {
      await client.close()
    }
  })
}

await runCommand('import', importAccounts)
