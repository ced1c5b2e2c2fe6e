import { type Collection, type Db, type Filter, ObjectId, type Sort as Order } from 'mongodb'
import type { Changed } from '../events/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import { FIRST_VERSION, type Task } from './task.ts'
import { TASK_ALONE, type TaskDocument, toTask } from './task-document.repository.ts'
import {
  NEWEST_FIRST,
  type Position,
  type Sort,
  type SortKey,
  type TaskFilter,
  type TaskQuery,
} from './task-query.ts'

const MAX_TIME_MS = 2_000
/** What means something else in an expression than itself */
const SPECIAL = /[\\^$.|?*+()[\]{}]/g

const COLUMNS = {
  created_at: 'created_at',
  updated_at: 'updated_at',
  due_at: 'due_at',
  priority: 'priority',
  title: 'title_key',
} as const satisfies Record<SortKey, keyof TaskDocument>
/** Always there, so that a list of them is one query. */
const REQUIRED: readonly SortKey[] = ['created_at', 'updated_at']

/** Those that serve an owner begin with the owner. */
const INDEXES = {
  owner_live_newest: { owner_id: 1, deleted_at: 1, created_at: -1, _id: -1 },
  owner_changed: { owner_id: 1, updated_at: 1 },
  owner_words: { owner_id: 1, words: 1 },
  newest: { created_at: -1, _id: -1 },
} as const
type Index = keyof typeof INDEXES

export interface Listed {
  task: Task
  position: Position
}

interface Part {
  conditions: Filter<TaskDocument>[]
  order: Order
}

/** Tasks that are not in the bin. */
export const LIVE = { deleted_at: null }

/** Tasks in the bin. That their time is up is checked here: the database's own removal comes late. */
export const inBin = (now = new Date()) => ({ deleted_at: { $ne: null }, purge_at: { $gt: now } })

/**
 * MongoDB takes an expression that begins with `^` and plain text for a range of its index. A range with `$elemMatch` would
 * say the same, but makes DocumentDB 1.0, the engine of FerretDB, crash.
 */
function beginningWith(beginning: string): Filter<TaskDocument> {
  return { words: { $regex: `^${beginning.replace(SPECIAL, '\\$&')}` } }
}

function conditions(filter: TaskFilter): Filter<TaskDocument>[] {
  const { completed, priority, label, dueBefore, dueAfter, beginnings = [] } = filter
  return [
    ...(completed === undefined ? [] : [{ completed }]),
    // Imported tasks without a priority have the lowest.
    ...(priority === undefined
      ? []
      : [{ priority: priority === 0 ? { $in: [0, null as never] } : priority }]),
    ...(label === undefined ? [] : [{ labels: label }]),
    ...(dueBefore ? [{ due_at: { $lt: dueBefore } }] : []),
    ...(dueAfter ? [{ due_at: { $gt: dueAfter } }] : []),
    ...beginnings.map(beginningWith),
  ]
}

/** First the tasks that have the key, then those that have not, in the order of their ids. */
function parts({ by, descending }: Sort, after: Position | undefined): Part[] {
  const column = COLUMNS[by]
  const direction = descending ? -1 : 1
  const further = descending ? '$lt' : '$gt'
  const id = after && { _id: { [further]: new ObjectId(after.id) } }
  const later = after
    ? [{ $or: [{ [column]: { [further]: after.value } }, { [column]: after.value, ...id }] }]
    : []
  const order: Order = { [column]: direction, _id: direction }
  if (REQUIRED.includes(by)) return [{ conditions: later, order }]
  const without = { conditions: [{ [column]: null }], order: { _id: direction } as Order }
  if (after?.value === null) return [{ ...without, conditions: [{ [column]: null, ...id }] }]
  return [{ conditions: [{ [column]: { $ne: null } }, ...later], order }, without]
}

/**
 * Named in a query for which a planner that is left to itself might try `newest`, and look at the tasks of others. Where an owner's
 * live tasks are asked for without further conditions, `newest` finds none of them and gives no order that an index of the owner
 * does not give: it is not tried, and SecantusDB, told which index, would read all of it.
 */
function indexFor({ owner, filter = {} }: TaskQuery, hasMore: boolean): Index | undefined {
  if (owner === undefined) return 'newest'
  if (filter.beginnings) return 'owner_words'
  return hasMore || filter.deleted ? 'owner_live_newest' : undefined
}

/** Flat where it can be: not every planner looks for an index inside `$and`. */
function search(query: TaskQuery, part: Part): { which: Filter<TaskDocument>; hint: Index | undefined } {
  const { owner, filter = {} } = query
  const more = [...conditions(filter), ...part.conditions]
  const which = {
    ...(owner !== undefined && { owner_id: new ObjectId(owner) }),
    ...((filter.deleted ? inBin() : LIVE) as Filter<TaskDocument>),
    ...(more.length > 0 && { $and: more }),
  }
  return { which, hint: indexFor(query, more.length > 0) }
}

/** Lists of tasks. Of the tasks of others none is looked at. */
export class TaskListRepository {
  readonly #tasks: Collection<TaskDocument>

  constructor(db: Db) {
    this.#tasks = db.collection<TaskDocument>('tasks')
  }

  /** Makes the indexes; repeatable. */
  async prepare(): Promise<void> {
    const indexes = Object.entries(INDEXES).map(([name, key]) => ({ name, key }))
    await this.#tasks.createIndexes(indexes)
  }

  async list(query: TaskQuery): Promise<Listed[]> {
    const { sort = NEWEST_FIRST, limit, after } = query
    const projection = sort.by === 'title' ? { words: 0 } : TASK_ALONE
    const found: TaskDocument[] = []
    for (const part of parts(sort, after)) {
      if (found.length >= limit) break
      const { which, hint } = search(query, part)
      const options = { projection, maxTimeMS: MAX_TIME_MS, ...(hint && { hint }) }
      const cursor = this.#tasks.find(which, options).sort(part.order)
      found.push(...(await guarded(cursor.limit(limit - found.length).toArray())))
    }
    const column = COLUMNS[sort.by]
    return found.map((document) => ({
      task: toTask(document),
      position: { value: document[column] ?? null, id: document._id.toHexString() },
    }))
  }

  /** Which tasks of an owner have changed since then, oldest first, those in the bin included. */
  async changedSince(owner: string, since: Date, limit: number): Promise<Changed[]> {
    const filter = { owner_id: new ObjectId(owner), updated_at: { $gte: since } }
    const projection = { version: 1, updated_at: 1, deleted_at: 1 }
    const options = { projection, maxTimeMS: MAX_TIME_MS }
    const cursor = this.#tasks.find(filter, options).sort({ updated_at: 1 })
    const found = await guarded(cursor.limit(limit).toArray())
    return found.map(({ _id, version, updated_at, deleted_at }) => ({
      id: _id.toHexString(),
      version: version ?? FIRST_VERSION,
      at: updated_at,
      isDeleted: deleted_at instanceof Date,
    }))
  }
}
