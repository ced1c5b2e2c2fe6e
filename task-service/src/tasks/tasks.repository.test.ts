import t from 'tap'
import { silentDatabase } from '../../test/support/silent-database.ts'
import type { Task } from './task.ts'
import { TaskRepository } from './tasks.repository.ts'

const ID = '0'.repeat(24)

const NOW = new Date()
const task: Task = {
  id: ID,
  ownerId: ID,
  title: 'a',
  description: null,
  completed: false,
  completedAt: null,
  dueAt: null,
  priority: 0,
  labels: [],
  version: 1,
  createdAt: NOW,
  updatedAt: NOW,
  deletedAt: null,
  purgeAt: null,
}

t.test('the outcome of a write is unknown when the database says nothing, without end', async (t) => {
  const tasks = new TaskRepository(silentDatabase())
  const writes: Promise<unknown>[] = [tasks.update(1, task), tasks.insert(task), tasks.removeOwner(ID)]
  for (const write of writes) await t.rejects(write, { code: 'OUTCOME_UNKNOWN' })
})
