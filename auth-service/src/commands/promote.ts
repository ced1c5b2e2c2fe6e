import { administrationOf } from '../administration/index.ts'
import { loadDatabaseConfig } from '../config.ts'
import { createMongoClient } from '../platform/mongo.ts'

/** Makes the account an administrator; its sessions end, so that its next log-in has the new role. */
async function promote(email: string): Promise<string> {
  const config = loadDatabaseConfig(process.env)
  const client = createMongoClient(config)
  try {
    const administration = administrationOf(client.db(config.MONGODB_DATABASE))
    return (await administration.promote(email)).email
  } finally {
    await client.close()
  }
}

const [email] = process.argv.slice(2)
if (!email) {
  console.error(
    'usage: node src/commands/promote.ts EMAIL    makes the account of this address an administrator',
  )
  process.exit(2)
}
try {
  console.log(`${await promote(email)} is an administrator now; they have to log in again`)
} catch (error) {
  console.error(`${email}: ${(error as Error).message}`)
  process.exit(1)
}
