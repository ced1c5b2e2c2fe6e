import type { Document } from 'mongodb'
import t, { type Test } from 'tap'
import { hexId } from './support/issuer.ts'
import { insertTasks } from './support/lists.ts'
import {
  type Position,
  SORT_KEYS,
  type Sort,
  type TaskFilter,
  watchedLists,
} from './support/watched-lists.ts'

const OWN = 30
const OTHERS = 300
const PAGE = 10

const { db, lists, queriesOf } = await watchedLists(t)
const owner = hexId()
await insertTasks(db, owner, OWN)
await insertTasks(db, hexId(), OTHERS)
const tasks = db.collection('tasks')
// Every task has everything, so that each filter finds what is another owner's as well.
await tasks.updateMany({}, [
  {
    $set: {
      title_key: '$title',
      words: ['task'],
      labels: ['x'],
      priority: 1,
      due_at: '$created_at',
      deleted_at: null,
    },
  },
])
await tasks.updateMany({ title: /[05]$/ }, { $set: { due_at: null, completed: true } })
await tasks.updateMany(
  { title: /9$/ },
  { $set: { deleted_at: new Date(), purge_at: new Date(Date.now() + 1e9) } },
)

const sorts: Sort[] = SORT_KEYS.flatMap((by) => [false, true].map((descending) => ({ by, descending })))
const filters: Record<string, TaskFilter> = {
  none: {},
  completed: { completed: true },
  priority: { priority: 1 },
  label: { label: 'x' },
  due: { dueAfter: new Date(0), dueBefore: new Date() },
  search: { beginnings: ['ta'] },
  'search for two words': { beginnings: ['ta', 'task'] },
  deleted: { deleted: true },
  all: { completed: false, priority: 1, label: 'x', dueAfter: new Date(0), beginnings: ['t'] },
}

interface Explained {
  executionStats?: { totalDocsExamined: number }
  queryPlanner?: { winningPlan?: Document }
}

/** Undefined where the database says nothing about it */
async function explain(query: Document) {
  const command = { explain: query, verbosity: 'executionStats' }
  const { executionStats, queryPlanner } = (await db.command(command)) as Explained
  const plan = queryPlanner?.winningPlan
  const names = plan && [...JSON.stringify(plan).matchAll(/"indexName":"([^"]+)"/g)].map(([, name]) => name)
  return { documents: executionStats?.totalDocsExamined, indexNames: names }
}

const indexes = await tasks.indexes()

function beginsWithOwner(t: Test, wanted: string | undefined): void {
  const key = indexes.find(({ name }) => name === wanted)?.key ?? {}
  t.equal(Object.keys(key)[0], 'owner_id', `${wanted} begins with the owner`)
}

async function looksAtOwnTasksAlone(t: Test, queries: Document[]): Promise<void> {
  const unsaid = { skip: 'this database does not say it' }
  t.ok(queries.length > 0)
  for (const query of queries) {
    const { documents, indexNames } = await explain(query)
    if (query.hint) beginsWithOwner(t, query.hint)
    if (indexNames === undefined) t.pass('the index', unsaid)
    else t.ok(indexNames.length > 0, 'an index is used')
    for (const name of indexNames ?? []) beginsWithOwner(t, name)
    if (documents === undefined) t.pass('documents examined', unsaid)
    else t.ok(documents <= OWN, `${documents} documents examined`)
  }
}

for (const [filterName, filter] of Object.entries(filters)) {
  t.test(
    `filtered by ${filterName}, no sort looks at the tasks of others, nor at more than the owner has`,
    async (t) => {
      for (const sort of sorts) {
        let after: Position | undefined
        // The second page goes on where the first one ended.
        for (const page of ['first', 'second']) {
          const queries = await queriesOf(async () => {
            after = (await lists.list({ owner, filter, sort, limit: PAGE, after })).at(-1)?.position
          })
          t.comment(`${sort.descending ? '-' : ''}${sort.by}, ${page} page`)
          await looksAtOwnTasksAlone(t, queries)
          if (after === undefined) break
        }
      }
    },
  )
}

t.test('nor does what event streams ask for', async (t) => {
  await looksAtOwnTasksAlone(t, await queriesOf(() => lists.changedSince(owner, new Date(0), 1_000)))
})

t.test('each query finds something of the owner, and would find something of others', async (t) => {
  for (const [filterName, filter] of Object.entries(filters)) {
    const own = await lists.list({ owner, filter, limit: 1_000 })
    const all = await lists.list({ filter, limit: 1_000 })
    t.ok(own.length > 0 && all.length > own.length, `${filterName}: ${own.length} of ${all.length}`)
  }
})
