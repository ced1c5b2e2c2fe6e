import { type Document, MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { RevocationRepository } from '../../src/revocations/revocations.repository.ts'
import { EndingRepository } from '../../src/sessions/endings.repository.ts'
import { SessionRepository } from '../../src/sessions/sessions.repository.ts'
import { dropDatabase, mongodbUri, newDatabaseName } from './stores.ts'

const LIVES = { access: 1_800, idle: 86_400, absolute: 864_000 }
const DEVICE = { address: '192.0.2.1', userAgent: 'a browser' }
const USER = '0123456789abcdef01234567'
const OPEN = 20

/** Open sessions and one that has ended, in a database of their own, with what a look for ended ones asks of it. */
export async function watchedEndings(t: Test) {
  const client = await new MongoClient(mongodbUri, { monitorCommands: true }).connect()
  const db = client.db(newDatabaseName())
  t.teardown(async () => {
    await client.close()
    await dropDatabase(db.databaseName)
  })
  const sessions = new SessionRepository(db, LIVES, () => new Date())
  await sessions.prepare()
  for (let count = 0; count < OPEN; count++) await sessions.insert(USER, DEVICE)
  const { id } = await sessions.insert(USER, DEVICE)
  await new EndingRepository(db).end(id, 'logout')

  let query: Document = {}
  client.once('commandStarted', ({ command }) => (query = command))
  const found = await new RevocationRepository(db).findRevocations(new Date(0), undefined, 1_000)
  const { find, filter, sort, limit, hint } = query
  const explained = await db.command({ explain: { find, filter, sort, limit, hint } })
  return { ended: id, found, hint, plan: JSON.stringify(explained) }
}
