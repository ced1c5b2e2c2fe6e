import { type Collection, type Db, ObjectId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import { type NewTaskFields, newTask, type TaskDocument, toColumns } from '../tasks/index.ts'
import type { AuthDbTask } from './imported-task.ts'

const MAX_TIME_MS = 30_000
const NO_OBJECT_ID = { _id: { $not: { $type: 'objectId' } } } as const

/** How far an import has come. */
export interface Progress {
  after: string | undefined
  read: number
  taken: number
  known: number
  skipped: number
}

interface ProgressDocument extends Omit<Progress, 'after'> {
  _id: string
  after: ObjectId
}

/** What an import reads: `tasks` of an AuthDB, never written to. */
export class AuthDbTasks {
  readonly #tasks: Collection<AuthDbTask>

  constructor(db: Db) {
    this.#tasks = db.collection<AuthDbTask>('tasks')
  }

  /** The next ones by id. */
  async page(
    after: string | undefined,
    limit: number,
  ): Promise<(AuthDbTask & { id: string; madeAt: Date })[]> {
    const filter = { _id: { $gt: new ObjectId(after ?? '0'.repeat(24)) } }
    const options = { sort: { _id: 1 }, limit, maxTimeMS: MAX_TIME_MS } as const
    const found = await guarded(this.#tasks.find(filter, options).toArray())
    return found.map(({ _id, ...task }) => ({ ...task, id: _id.toHexString(), madeAt: _id.getTimestamp() }))
  }

  countOdd(): Promise<number> {
    return guarded(this.#tasks.countDocuments(NO_OBJECT_ID as object, { maxTimeMS: MAX_TIME_MS }))
  }
}

/** Whose tasks are wanted: the accounts in the database of auth-service. */
export class Owners {
  readonly #users: Collection

  constructor(db: Db) {
    this.#users = db.collection('users')
  }

  async existing(ids: string[]): Promise<Set<string>> {
    const filter = { _id: { $in: ids.map((id) => new ObjectId(id)) }, deleting_at: { $exists: false } }
    const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(this.#users.find(filter, options).toArray())
    return new Set(found.map(({ _id }) => _id.toHexString()))
  }
}

/** Where tasks are imported to. */
export class ImportRepository {
  readonly #tasks: Collection<TaskDocument>
  readonly #progress: Collection<ProgressDocument>

  constructor(db: Db) {
    this.#tasks = db.collection<TaskDocument>('tasks')
    this.#progress = db.collection<ProgressDocument>('imports')
  }

  /** Adds tasks; what is there stays as it is. @returns how many were new */
  async insert(tasks: (NewTaskFields & { id: string })[]): Promise<number> {
    if (tasks.length === 0) return 0
    const operations = tasks.map(({ id, ...fields }) => ({
      updateOne: {
        // By id alone: one that is there, whoever has it, is left alone.
        filter: { _id: new ObjectId(id) },
        update: {
          $setOnInsert: {
            owner_id: new ObjectId(fields.ownerId),
            ...toColumns(newTask(fields, id)),
            created_at: fields.createdAt,
          },
        },
        upsert: true,
      },
    }))
    return (await guarded(this.#tasks.bulkWrite(operations, { ordered: false }))).upsertedCount
  }

  async load(source: string): Promise<Progress | undefined> {
    const found = await guarded(this.#progress.findOne({ _id: source }, { maxTimeMS: MAX_TIME_MS }))
    if (!found) return undefined
    const { after, read, taken, known, skipped } = found
    return { after: after.toHexString(), read, taken, known, skipped }
  }

  async save(source: string, { after, ...counts }: Progress): Promise<void> {
    if (after === undefined) return
    const document = { ...counts, after: new ObjectId(after) }
    await guarded(this.#progress.replaceOne({ _id: source }, document, { upsert: true }))
  }

  /** The next import of this source begins at its beginning again. */
  async finish(source: string): Promise<void> {
    await guarded(this.#progress.deleteOne({ _id: source }))
  }
}
