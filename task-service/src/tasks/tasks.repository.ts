import { type Collection, type Db, ObjectId } from 'mongodb'
import { OutcomeUnknown } from '../errors.ts'
import { guarded, isAway } from '../platform/driver-errors.ts'
import { isDuplicateKey } from '../platform/duplicate-key.ts'
import { within } from '../platform/time-limit.ts'
import { type NewTaskFields, newTask, type Task } from './task.ts'
import {
  derived,
  sameVersion,
  TASK_ALONE,
  type TaskDocument,
  toColumns,
  toTask,
} from './task-document.repository.ts'

/** Well below the life of a mark in the cache (10 s). */
const MAX_TIME_MS = 2_000
/** For a whole write, the driver's own waits and repetition included */
export const WRITE_LIMIT_MS = 2_500
/** Tasks that get what they lack in one step */
const COMPLETED_AT_ONCE = 500

/** Every state change is one atomic operation on one document whose filter carries the owner. */
export class TaskRepository {
  readonly #tasks: Collection<TaskDocument>

  constructor(db: Db) {
    this.#tasks = db.collection<TaskDocument>('tasks')
  }

  /** Has the database remove what has been in the bin for its time; repeatable. */
  async prepare(): Promise<void> {
    await this.#tasks.createIndexes([{ name: 'purge', key: { purge_at: 1 }, expireAfterSeconds: 0 }])
  }

  /** Also of one in the bin. */
  async find(id: string, owner: string): Promise<Task | undefined> {
    const filter = { _id: new ObjectId(id), owner_id: new ObjectId(owner) }
    const options = { projection: TASK_ALONE, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(this.#tasks.findOne(filter, options))
    return found ? toTask(found) : undefined
  }

  /** For administrators, who act on tasks of any owner. */
  async findOwner(id: string): Promise<string | undefined> {
    const options = { projection: { owner_id: 1 }, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(this.#tasks.findOne({ _id: new ObjectId(id) }, options))
    return found?.owner_id.toHexString()
  }

  /** @returns how many there are, those in the bin included, counting to `limit` at most */
  async count(owner: string, limit: number): Promise<number> {
    const filter = { owner_id: new ObjectId(owner) }
    return guarded(this.#tasks.countDocuments(filter, { limit, maxTimeMS: MAX_TIME_MS }))
  }

  async insert(
    fields: NewTaskFields,
    id = new ObjectId().toHexString(),
    limitMs = WRITE_LIMIT_MS,
  ): Promise<Task> {
    const task = newTask(fields, id)
    const document = {
      _id: new ObjectId(id),
      owner_id: new ObjectId(fields.ownerId),
      ...toColumns(task),
      created_at: fields.createdAt,
    }
    await writing(this.#tasks.insertOne(document, timeLimit(limitMs)), limitMs)
    return task
  }

  /** As {@link insert}; that there is such a task already, in whatever state, is fine. */
  async insertOnce(fields: NewTaskFields, id: string, limitMs = WRITE_LIMIT_MS): Promise<void> {
    await this.insert(fields, id, limitMs).catch((error) => {
      if (!isDuplicateKey(error)) throw error
    })
  }

  /** Replaces the task if it still has `version`. @returns false when it has not, or is gone */
  async update(version: number, task: Task, limitMs = WRITE_LIMIT_MS): Promise<boolean> {
    const filter = {
      _id: new ObjectId(task.id),
      owner_id: new ObjectId(task.ownerId),
      version: sameVersion(version),
    }
    const updating = this.#tasks.updateOne(filter, { $set: toColumns(task) }, timeLimit(limitMs))
    return (await writing(updating, limitMs)).matchedCount === 1
  }

  /** @returns how many there were */
  async removeOwner(owner: string): Promise<number> {
    const filter = { owner_id: new ObjectId(owner) }
    return (await writing(this.#tasks.deleteMany(filter, { maxTimeMS: MAX_TIME_MS }))).deletedCount
  }

  /**
   * Gives tasks that were stored before lists could be searched what they are found and sorted by. It does not change what
   * a list shows. @returns whether there may be more
   */
  async completeSome(): Promise<boolean> {
    const lacking = { title_key: { $exists: false } }
    const found = await guarded(this.#tasks.find(lacking).limit(COMPLETED_AT_ONCE).toArray())
    const updates = found.map((document) => ({
      updateOne: {
        // Not over what a change has stored meanwhile.
        filter: { _id: document._id, owner_id: document.owner_id, ...lacking },
        update: { $set: derived(document) },
      },
    }))
    if (updates.length > 0) await guarded(this.#tasks.bulkWrite(updates, { ordered: false }))
    return found.length === COMPLETED_AT_ONCE
  }
}

const timeLimit = (limitMs: number) => ({ maxTimeMS: Math.min(MAX_TIME_MS, limitMs) })

/**
 * Once a write was handed to the driver it may have been applied, or may still be, whatever becomes of the connection.
 * @throws OutcomeUnknown
 */
async function writing<T>(operation: Promise<T>, limitMs = WRITE_LIMIT_MS): Promise<T> {
  try {
    return await within(limitMs, operation)
  } catch (cause) {
    throw isAway(cause) ? new OutcomeUnknown({ cause }) : cause
  }
}
