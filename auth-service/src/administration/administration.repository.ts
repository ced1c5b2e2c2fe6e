import { type Db, type Filter, ObjectId, type UpdateFilter } from 'mongodb'
import {
  type Account,
  type Ending,
  EXISTING,
  endingNote,
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
  name?: string | null
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

  /** Changes an account; where its sessions have to end because of that, the same write notes it. */
  async change(
    id: string,
    change: UserChange,
    condition: Condition,
    ending: Ending | undefined,
  ): Promise<Account | undefined> {
    const note = ending ? endingNote(ending) : { $set: {}, $unset: {} }
    const update = { $set: { ...change, ...note.$set }, $unset: { leaving: '', ...note.$unset } } as const
    return this.#update(id, update, condition)
  }

  /** From this write on nobody can log in to the account. */
  async lock(id: string, condition: Condition, ending: Ending): Promise<Account | undefined> {
    const { $set, $unset } = endingNote(ending)
    const update = { $set: { locked_at: ending.at, ...$set }, $unset: { leaving: '', ...$unset } } as const
    return this.#update(id, update, condition)
  }

  async unlock(id: string): Promise<boolean> {
    const filter = { _id: new ObjectId(id), ...EXISTING }
    return (await guarded(this.#users.updateOne(filter, { $unset: { locked_at: '' } }))).matchedCount === 1
  }

  /** From this write on the account exists for nobody. */
  async markDeleting(id: string, condition: Condition): Promise<Account | undefined> {
    return this.#update(id, { $set: { deleting_at: new Date() }, $unset: { leaving: '' } }, condition)
  }

  /** As {@link markDeleting}, whoever it is: for an account that was deleted once before. */
  async markErased(id: string): Promise<boolean> {
    const update = { $set: { deleting_at: new Date() } }
    return (await guarded(this.#users.updateOne({ _id: new ObjectId(id) }, update))).matchedCount === 1
  }

  async removeDeleting(id: string): Promise<void> {
    await guarded(this.#users.deleteOne({ _id: new ObjectId(id), deleting_at: { $exists: true } }))
  }

  /** Accounts whose deletion began before `since` and was interrupted. */
  async findDeleting(since: Date): Promise<string[]> {
    const cursor = this.#users.find({ deleting_at: { $lt: since } }, { limit: BATCH, maxTimeMS: MAX_TIME_MS })
    return (await guarded(cursor.toArray())).map(({ _id }) => _id.toHexString())
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
  ): Promise<Account | undefined> {
    const filter = { ...toFilter(condition), _id: new ObjectId(id), ...EXISTING }
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    const document = await guarded(this.#users.findOneAndUpdate(filter, update, options))
    return document ? toAccount(document) : undefined
  }
}
