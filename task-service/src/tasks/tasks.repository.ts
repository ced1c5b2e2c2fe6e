import { type Collection, type Db, type Filter, ObjectId } from 'mongodb'
import { OutcomeUnknown } from '../errors.ts'
import { guarded, isAway } from '../platform/driver-errors.ts'
import { within } from '../platform/time-limit.ts'
import type { Position } from './cursor.ts'
import type { ChangedFields, NewTaskFields, Task } from './task.ts'

/** Well below the life of a mark in the cache (10 s). */
const MAX_TIME_MS = 2_000
const FIRST_VERSION = 1
/** For a whole write, the driver's own waits and repetition included */
export const WRITE_LIMIT_MS = 2_500

interface TaskDocument {
  _id: ObjectId
  owner_id: ObjectId
  title: string
  description: string | null
  completed: boolean
  completed_at: Date | null
  due_at: Date | null
  priority: number
  labels: string[]
  /** Missing or null in what was imported */
  version: number | null
  created_at: Date
  updated_at: Date
}

/** Every state change is one atomic operation on one document whose filter carries the owner. */
export class TasksRepository {
  readonly #tasks: Collection<TaskDocument>

  constructor(db: Db) {
    this.#tasks = db.collection<TaskDocument>('tasks')
  }

  /** Makes the indexes; repeatable. */
  async prepare(): Promise<void> {
    await this.#tasks.createIndexes([
      { name: 'owner_newest', key: { owner_id: 1, created_at: -1, _id: -1 } },
      { name: 'newest', key: { created_at: -1, _id: -1 } },
    ])
  }

  /** Newest first; `owner` undefined means everyone's. */
  async list(owner: string | undefined, limit: number, after?: Position): Promise<Task[]> {
    const filter: Filter<TaskDocument> = {
      ...(owner !== undefined && { owner_id: new ObjectId(owner) }),
      ...(after && olderThan(after)),
    }
    const newest = { created_at: -1, _id: -1 } as const
    const found = await guarded(
      this.#tasks.find(filter, { maxTimeMS: MAX_TIME_MS }).sort(newest).limit(limit).toArray(),
    )
    return found.map(toTask)
  }

  async find(id: string, owner: string): Promise<Task | undefined> {
    const filter = { _id: new ObjectId(id), owner_id: new ObjectId(owner) }
    const found = await guarded(this.#tasks.findOne(filter, { maxTimeMS: MAX_TIME_MS }))
    return found ? toTask(found) : undefined
  }

  /** For administrators, who act on tasks of any owner. */
  async findOwner(id: string): Promise<string | undefined> {
    const options = { projection: { owner_id: 1 }, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(this.#tasks.findOne({ _id: new ObjectId(id) }, options))
    return found?.owner_id.toHexString()
  }

  async insert(fields: NewTaskFields): Promise<Task> {
    const document = {
      _id: new ObjectId(),
      owner_id: new ObjectId(fields.ownerId),
      ...toColumns(fields),
      version: FIRST_VERSION,
      created_at: fields.createdAt,
    }
    await writing(this.#tasks.insertOne(document, { maxTimeMS: MAX_TIME_MS }))
    return toTask(document)
  }

  /** Changes the task if it still has `version`; undefined when it has not, or is gone. */
  async update(id: string, owner: string, version: number, fields: ChangedFields): Promise<Task | undefined> {
    const filter = { _id: new ObjectId(id), owner_id: new ObjectId(owner), version: sameVersion(version) }
    const update = { $set: { ...toColumns(fields), version: version + 1 } }
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    const changed = await writing(this.#tasks.findOneAndUpdate(filter, update, options))
    return changed ? toTask(changed) : undefined
  }

  /** @returns whether there was such a task, at this version */
  async remove(id: string, owner: string, version: number): Promise<boolean> {
    const filter = { _id: new ObjectId(id), owner_id: new ObjectId(owner), version: sameVersion(version) }
    return (await writing(this.#tasks.deleteOne(filter, { maxTimeMS: MAX_TIME_MS }))).deletedCount === 1
  }

  /** @returns how many there were */
  async removeOwner(owner: string): Promise<number> {
    return (
      await writing(this.#tasks.deleteMany({ owner_id: new ObjectId(owner) }, { maxTimeMS: MAX_TIME_MS }))
    ).deletedCount
  }
}

function olderThan({ createdAt, id }: Position): Filter<TaskDocument> {
  return {
    $or: [{ created_at: { $lt: createdAt } }, { created_at: createdAt, _id: { $lt: new ObjectId(id) } }],
  }
}

function toColumns(fields: ChangedFields) {
  return {
    title: fields.title,
    description: fields.description,
    completed: fields.completed,
    completed_at: fields.completedAt,
    due_at: fields.dueAt,
    priority: fields.priority,
    labels: fields.labels,
    updated_at: fields.updatedAt,
  }
}

/** What was imported from an AuthDB without versions is at its first. */
function sameVersion(version: number): number | { $in: [number, null] } {
  return version === FIRST_VERSION ? { $in: [FIRST_VERSION, null] } : version
}

/** Tasks of an imported AuthDB may lack what came later. */
function toTask(document: TaskDocument): Task {
  return {
    id: document._id.toHexString(),
    ownerId: document.owner_id.toHexString(),
    title: document.title,
    description: document.description ?? null,
    completed: document.completed,
    completedAt: document.completed_at ?? null,
    dueAt: document.due_at ?? null,
    priority: document.priority ?? 0,
    labels: document.labels ?? [],
    version: document.version ?? FIRST_VERSION,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
  }
}

/**
 * Once a write was handed to the driver it may have been applied, or may still be, whatever becomes of the connection.
 * @throws OutcomeUnknown
 */
async function writing<T>(operation: Promise<T>): Promise<T> {
  try {
    return await within(WRITE_LIMIT_MS, operation)
  } catch (cause) {
    throw isAway(cause) ? new OutcomeUnknown({ cause }) : cause
  }
}
