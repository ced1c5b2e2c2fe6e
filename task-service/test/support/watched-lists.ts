import { type Document, MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { TaskListRepository } from '../../src/tasks/task-lists.repository.ts'
import { dropDatabase, mongodbUri, newDatabaseName } from './stores.ts'

export { type Position, SORT_KEYS, type Sort, type TaskFilter } from '../../src/tasks/task-query.ts'

/** Lists of tasks in a database of their own, with all that they ask of it. */
export async function watchedLists(t: Test) {
  const client = await new MongoClient(mongodbUri, { monitorCommands: true }).connect()
  const db = client.db(newDatabaseName())
  t.teardown(async () => {
    await client.close()
    await dropDatabase(db.databaseName)
  })
  let sent: Document[] = []
  client.on('commandStarted', ({ command, commandName }) => {
    if (commandName === 'find') sent.push(command)
  })
  const lists = new TaskListRepository(db)
  await lists.prepare()

  /** Queries that were sent meanwhile, so that they can be explained. */
  async function queriesOf(run: () => Promise<unknown>): Promise<Document[]> {
    sent = []
    await run()
    return sent.map(({ find, filter, sort, limit, hint, projection }) => ({
      find,
      filter,
      sort,
      limit,
      ...(hint && { hint }),
      ...(projection && { projection }),
    }))
  }
  return { db, lists, queriesOf }
}
