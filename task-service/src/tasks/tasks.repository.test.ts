import t from 'tap'
import { silentDatabase } from '../../test/support/silent-database.ts'
import { TasksRepository } from './tasks.repository.ts'

const ID = '0'.repeat(24)

t.test('the outcome of a write is unknown when the database says nothing, without end', async (t) => {
  const tasks = new TasksRepository(silentDatabase())
  const writes: Promise<unknown>[] = [tasks.remove(ID, ID, 1), tasks.removeOwner(ID)]
  for (const write of writes) await t.rejects(write, { code: 'OUTCOME_UNKNOWN' })
})
