import t from 'tap'
import { Preconditions } from './preconditions.ts'
import type { Task } from './task.ts'
import { type Change, TaskChanges } from './task-changes.ts'

const OWNER = '1'.repeat(24)
const NOW = new Date(0)

function newTask(): Task {
  return {
    id: '0'.repeat(24),
    ownerId: OWNER,
    title: '',
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
}

/** A database of one task, which counts what is stored. */
function newStore() {
  const store = { task: newTask(), writes: 0, lose: 0, fail: undefined as Error | undefined }
  const changes = new TaskChanges({
    find: async (id, owner) => (id === store.task.id && owner === OWNER ? store.task : undefined),
    async store(version, task) {
      if (store.fail) throw store.fail
      if (store.lose-- > 0) store.task = { ...store.task, version: store.task.version + 1 }
      if (version !== store.task.version) return false
      store.writes++
      store.task = task
      return true
    },
  })
  const make = (letter: string, { ifMatch, ...more }: Partial<Change> & { ifMatch?: string } = {}) =>
    changes.make(OWNER, store.task.id, {
      of: 'live',
      preconditions: new Preconditions({ method: 'PUT', headers: { 'if-match': ifMatch } }),
      deadline: performance.now() + 60_000,
      apply: (task) => ({ ...task, title: task.title + letter }),
      ...more,
    })
  return { store, make }
}

t.test('changes that wait for another are stored together, each with a version of its own', async (t) => {
  const { store, make } = newStore()
  const made = await Promise.all([...'abcde'].map((letter) => make(letter)))
  t.same(
    made.map(({ title, version }) => [title, version]),
    [
      ['a', 2],
      ['ab', 3],
      ['abc', 4],
      ['abcd', 5],
      ['abcde', 6],
    ],
  )
  t.match(store.task, { title: 'abcde', version: 6 })
  t.equal(store.writes, 2, 'the first, then all that came meanwhile')
})

t.test('what another instance took is tried again on the newer version, for all that wait', async (t) => {
  const { store, make } = newStore()
  store.lose = 3
  const made = await Promise.all([make('a'), make('b')])
  t.same(
    made.map(({ version }) => version),
    [5, 6],
  )
})

t.test('a condition is judged by the version that its change finds', async (t) => {
  const { make } = newStore()
  const results = await Promise.allSettled([
    make('a'),
    make('b', { ifMatch: '"2"' }),
    make('c', { ifMatch: '"2"' }),
    make('d'),
  ])
  t.same(
    results.map((result) => (result.status === 'fulfilled' ? result.value.title : result.reason.code)),
    ['a', 'ab', 'VERSION_MISMATCH', 'abd'],
  )
})

t.test('what comes after a deletion finds no task, and a restoration brings it back', async (t) => {
  const { store, make } = newStore()
  const results = await Promise.allSettled([
    make('', { apply: (task) => ({ ...task, deletedAt: NOW }) }),
    make('b'),
    make('', { of: 'deleted', apply: (task) => ({ ...task, deletedAt: null }) }),
    make('', { of: 'deleted' }),
    make('c'),
  ])
  t.same(
    results.map((result) => (result.status === 'fulfilled' ? result.value.version : result.reason.code)),
    [2, 'TASK_NOT_FOUND', 3, 'TASK_NOT_FOUND', 4],
  )
  t.equal(store.task.title, 'c')
})

t.test('a change whose deadline has passed is not made, and those beside it are', async (t) => {
  const { make } = newStore()
  const [late, other] = await Promise.allSettled([make('a', { deadline: 0 }), make('b')])
  t.match(late, { reason: { code: 'WRITE_UNAVAILABLE' } })
  t.match(other, { value: { title: 'b', version: 2 } })
})

t.test('a change that cannot be made, and a store that fails, end no later change', async (t) => {
  const { store, make } = newStore()
  const bad = new Error('no such date')
  const apply = () => {
    throw bad
  }
  await t.rejects(make('a', { apply }), bad)
  store.fail = new Error('away')
  await t.rejects(make('b'), store.fail)
  store.fail = undefined
  t.match(await make('c'), { title: 'c', version: 2 })
})
