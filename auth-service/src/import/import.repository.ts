import { type Collection, type Db, ObjectId } from 'mongodb'
import type { UserDocument } from '../accounts/index.ts'
import { erasedOf } from '../erasures/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import type { AuthDbUser, ImportedUser } from './imported-user.ts'

const MAX_TIME_MS = 30_000
const DUPLICATE_KEY = 11_000
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

/** What an import reads: `users` of an AuthDB, never written to. */
export class AuthDbUsers {
  readonly #users: Collection<AuthDbUser>

  constructor(db: Db) {
    this.#users = db.collection<AuthDbUser>('users')
  }

  /** The next ones by id. */
  async page(after: string | undefined, limit: number): Promise<(AuthDbUser & { id: string })[]> {
    const filter = { _id: { $gt: new ObjectId(after ?? '0'.repeat(24)) } }
    const options = { sort: { _id: 1 }, limit, maxTimeMS: MAX_TIME_MS } as const
    const found = await guarded(this.#users.find(filter, options).toArray())
    return found.map(({ _id, ...user }) => ({ ...user, id: _id.toHexString() }))
  }

  /** Those whose id no token and no task could name. */
  countOdd(): Promise<number> {
    return guarded(this.#users.countDocuments(NO_OBJECT_ID as object, { maxTimeMS: MAX_TIME_MS }))
  }
}

/** Where accounts are imported to. */
export class ImportRepository {
  readonly #users: Collection<UserDocument>
  readonly #progress: Collection<ProgressDocument>
  readonly #erased: ReturnType<typeof erasedOf>

  constructor(db: Db) {
    this.#users = db.collection<UserDocument>('users')
    this.#progress = db.collection<ProgressDocument>('imports')
    this.#erased = erasedOf(db)
  }

  /** Which of these accounts are there, and which were deleted here. */
  async known(ids: string[]): Promise<{ present: Set<string>; erased: Set<string> }> {
    const filter = { _id: { $in: ids.map((id) => new ObjectId(id)) } }
    const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
    const [users, erased] = await Promise.all([
      guarded(this.#users.find(filter, options).toArray()),
      guarded(this.#erased.find(filter, options).toArray()),
    ])
    const idsOf = (found: { _id: ObjectId }[]) => new Set(found.map(({ _id }) => _id.toHexString()))
    return { present: idsOf(users), erased: idsOf(erased) }
  }

  async takenEmails(emails: string[]): Promise<Set<string>> {
    const options = { projection: { email: 1 }, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(this.#users.find({ email: { $in: emails } }, options).toArray())
    return new Set(found.map(({ email }) => email))
  }

  /** Adds accounts; what is there stays as it is. @returns the ids of those whose address somebody else got meanwhile */
  async insert(users: (ImportedUser & { id: string })[]): Promise<string[]> {
    if (users.length === 0) return []
    const operations = users.map(({ id, email, name, role, permissions, passwordHash, createdAt }) => ({
      updateOne: {
        filter: { _id: new ObjectId(id) },
        update: {
          $setOnInsert: {
            email,
            name,
            role,
            permissions,
            password_hash: passwordHash,
            created_at: createdAt ?? new ObjectId(id).getTimestamp(),
          },
        },
        upsert: true,
      },
    }))
    try {
      await this.#users.bulkWrite(operations, { ordered: false })
      return []
    } catch (error) {
      const { writeErrors } = error as { writeErrors?: { index: number; code: number }[] }
      if (!writeErrors?.every(({ code }) => code === DUPLICATE_KEY)) throw error
      return writeErrors.map(({ index }) => users[index]?.id ?? '')
    }
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
