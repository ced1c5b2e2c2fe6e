import t from 'tap'
import { readTask } from './imported-task.ts'

const OWNER = 'a'.repeat(24)
const MADE_AT = new Date('2024-01-01T00:00:00Z')

t.test('a task of AuthDB is read with the times it has', async (t) => {
  const created_at = '2024-05-01T10:00:00Z'
  const updated_at = new Date('2024-05-02T10:00:00Z')
  const task = {
    title: 'Milk',
    description: 'Two',
    completed: true,
    owner_id: OWNER.toUpperCase(),
    created_at,
    updated_at,
  }
  t.match(readTask(task, MADE_AT), {
    ownerId: OWNER,
    title: 'Milk',
    description: 'Two',
    completed: true,
    completedAt: updated_at,
    createdAt: new Date(created_at),
    updatedAt: updated_at,
  })
})

t.test('what is missing has its default', async (t) => {
  t.match(readTask({ title: 'Milk', owner_id: OWNER }, MADE_AT), {
    description: null,
    completed: false,
    completedAt: null,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    labels: [],
    priority: 0,
  })
})

for (const [reason, wrong] of Object.entries({
  'its owner_id is no id': { owner_id: 'x' },
  'it has no title': { title: ' ' },
  'its title is longer than 200 characters': { title: 'x'.repeat(201) },
  'its description is longer than 4000 characters': { description: 'x'.repeat(4_001) },
})) {
  t.test(`one is skipped because ${reason}`, async (t) => {
    t.strictSame(readTask({ title: 'Milk', owner_id: OWNER, ...wrong }, MADE_AT), { reason })
  })
}
