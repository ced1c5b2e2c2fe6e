import t from 'tap'
import { silentDatabase } from '../../test/support/silent-database.ts'
import { NotAnnounced, NothingWritten, TooManyWriters } from '../cache/index.ts'
import { CreationKeyRepository } from './creation-keys.repository.ts'
import { KeyedCreations } from './keyed-creations.ts'
import { TaskPages } from './task-pages.ts'
import { TaskRepository } from './tasks.repository.ts'
import { TaskService } from './tasks.service.ts'

const OWNER = '0'.repeat(24)

for (const [error, code] of [
  [new NothingWritten(), 'WRITE_UNAVAILABLE'],
  [new NotAnnounced(), 'OUTCOME_UNKNOWN'],
  [new TooManyWriters(), 'TOO_MANY_WRITES'],
] as const) {
  t.test(`a write that the cache ends with ${error.name} is 503 ${code.toLowerCase()}`, async (t) => {
    const repository = new TaskRepository(silentDatabase())
    const refuse = async () => {
      throw error
    }
    const lists = {
      read: refuse,
      write: refuse,
      prepare: async () => {},
      start: () => {},
      stop: async () => {},
    }
    const pages = new TaskPages({ list: refuse })
    const keyed = new KeyedCreations(new CreationKeyRepository(silentDatabase(), 1))
    const limits = { maxTasks: 1, retentionMs: 1, onWritten: () => {} }
    const tasks = new TaskService({ tasks: repository, pages, lists, keyed, ...limits })
    await t.rejects(tasks.removeOwner(OWNER, 0), { statusCode: 503, code, cause: error })
  })
}
