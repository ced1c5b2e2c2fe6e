import { type Db, type Filter, ObjectId, type UpdateFilter } from 'mongodb'
import {
  type Account,
  EXISTING,
  type Role,
  toAccount,
  type UserDocument,
  type Users,
  usersOf,
} from '../accounts/index.ts'
import { guarded } from '../platform/driver-errors.ts'

const MAX_TIME_MS = 2_000
const BATCH = 100

export interface UserChange {
  name?: string
  role?: Role
  permissions?: string[]
}

/** What a write relies on: the role that was read, or the mark of an administrator who leaves. */
export type Condition = { role: Role } | { leaving: string }

function toFilter(condition: Condition): Filter<UserDocument> {
  if ('leaving' in condition) return { 'leaving.op': condition.leaving }
  // AuthDB's documents can lack the field.
  return { role: condition.role === 'ADMIN' ? 'ADMIN' : { $ne: 'ADMIN' } }
}

/** Writes to other people's accounts. Every method may throw DatabaseUnavailable. */
export class AdministrationRepository {
  readonly #users: Users

  constructor(db: Db) {
    this.#users = usersOf(db)
  }

  /** Changes an account; a new role notes in the same write that its sessions have to end. */
  async change(
    id: string,
    change: UserChange,
    condition: Condition,
    endingAt: Date | null,
  ): Promise<Account | null> {
    const set = { ...change, ...(endingAt && { ending_sessions_at: endingAt }) }
    return this.#update(id, { $set: set, $unset: { leaving: '' } }, condition)
  }

  /** From this write on the account exists for nobody. */
  async markDeleting(id: string, condition: Condition): Promise<Account | null> {
    return this.#update(id, { $set: { deleting_at: new Date() }, $unset: { leaving: '' } }, condition)
  }

  async removeDeleting(id: string): Promise<void> {
    await guarded(this.#users.deleteOne({ _id: new ObjectId(id), deleting_at: { $exists: true } }))
  }

  /** Takes back the note of `change`, unless a later change made it anew. */
  async sessionsEnded(id: string, endingAt: Date): Promise<void> {
    const filter = { _id: new ObjectId(id), ending_sessions_at: endingAt }
    await guarded(this.#users.updateOne(filter, { $unset: { ending_sessions_at: '' } }))
  }

  /** Accounts whose deletion began before `since` and was interrupted. */
  async findDeleting(since: Date): Promise<string[]> {
    const cursor = this.#users.find({ deleting_at: { $lt: since } }, { limit: BATCH, maxTimeMS: MAX_TIME_MS })
    return (await guarded(cursor.toArray())).map(({ _id }) => _id.toHexString())
  }

  /** Accounts whose sessions should have ended since before `since`. */
  async findEnding(since: Date): Promise<{ id: string; endingAt: Date }[]> {
    const cursor = this.#users.find(
      { ending_sessions_at: { $lt: since } },
      { limit: BATCH, maxTimeMS: MAX_TIME_MS },
    )
    const documents = await guarded(cursor.toArray())
    return documents.map((document) => ({
      id: document._id.toHexString(),
      endingAt: document.ending_sessions_at ?? since,
    }))
  }

  /** Marks an administrator as about to leave, unless somebody else just does so. */
  async markLeaving(id: string, op: string, staleBefore: Date): Promise<boolean> {
    const free: Filter<UserDocument> = {
      $or: [{ leaving: { $exists: false } }, { 'leaving.at': { $lt: staleBefore } }],
    }
    const filter = { _id: new ObjectId(id), role: 'ADMIN', ...EXISTING, ...free } as const
    const result = await guarded(this.#users.updateOne(filter, { $set: { leaving: { op, at: new Date() } } }))
    return result.matchedCount === 1
  }

  async unmarkLeaving(id: string, op: string): Promise<void> {
    const filter = { _id: new ObjectId(id), 'leaving.op': op }
    await guarded(this.#users.updateOne(filter, { $unset: { leaving: '' } }))
  }

  /** Takes away marks of operations that were interrupted; one that goes on after all then fails at its condition. */
  async clearMarks(staleBefore: Date): Promise<void> {
    const filter = { role: 'ADMIN', 'leaving.at': { $lt: staleBefore } } as const
    await guarded(this.#users.updateMany(filter, { $unset: { leaving: '' } }))
  }

  /** Is there an administrator beside this one who can act, and (if asked) is not leaving either? */
  async hasOtherAdmin(id: string, staying: boolean): Promise<boolean> {
    const filter: Filter<UserDocument> = {
      _id: { $ne: new ObjectId(id) },
      role: 'ADMIN',
      locked_at: { $exists: false },
      ...EXISTING,
      ...(staying && { leaving: { $exists: false } }),
    }
    const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
    return (await guarded(this.#users.findOne(filter, options))) !== null
  }

  async #update(
    id: string,
    update: UpdateFilter<UserDocument>,
    condition: Condition,
  ): Promise<Account | null> {
    const filter = { ...toFilter(condition), _id: new ObjectId(id), ...EXISTING }
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    const document = await guarded(this.#users.findOneAndUpdate(filter, update, options))
    return document && toAccount(document)
  }
}
