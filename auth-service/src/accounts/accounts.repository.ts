import { type Collection, type Db, type Filter, ObjectId, type UpdateFilter, type WithId } from 'mongodb'
import { EmailTaken } from '../errors.ts'
import { guarded } from '../platform/driver-errors.ts'
import { isDuplicateKey } from '../platform/duplicate-key.ts'
import type { Account, NewAccount, Role } from './account.ts'
import { type Ending, type EndReason, endingNote } from './ending.ts'

const MAX_TIME_MS = 2_000
const BATCH = 100

/** A document of `users`. AuthDB's own documents lack the optional fields. */
export interface UserDocument {
  email: string
  name?: string | null
  role?: Role
  permissions?: string[]
  password_hash: string
  password_changed_at?: Date
  created_at?: Date
  locked_at?: Date
  email_verified_at?: Date
  /** Set when the account's sessions have to end; unset once they have. */
  ending_sessions_at?: Date
  /** Why, and which one goes on; missing in notes of earlier releases, which knew one reason */
  ending_reason?: EndReason
  ending_spared?: string
  /** Set first when an account is deleted: from here on it exists for nobody. */
  deleting_at?: Date
  /** An ADMIN about to lose that role or to be deleted; see administration/last-admin.ts. */
  leaving?: { op: string; at: Date }
}

export type Users = Collection<UserDocument>

export function usersOf(db: Db): Users {
  return db.collection<UserDocument>('users')
}

export function toAccount(document: WithId<UserDocument>): Account {
  return {
    id: document._id.toHexString(),
    email: document.email,
    // Earlier releases kept an empty one.
    name: document.name || null,
    role: document.role === 'ADMIN' ? 'ADMIN' : 'USER',
    permissions: document.permissions ?? [],
    createdAt: document.created_at ?? document._id.getTimestamp(),
    lockedAt: document.locked_at ?? null,
    emailVerifiedAt: document.email_verified_at ?? null,
    passwordChangedAt: document.password_changed_at ?? null,
  }
}

/** Leaves out accounts whose deletion has begun. */
export const EXISTING = { deleting_at: { $exists: false } }

/** Accounts in MongoDB. Every method may throw DatabaseUnavailable. */
export class AccountRepository {
  readonly #users: Users

  constructor(db: Db) {
    this.#users = usersOf(db)
  }

  async prepare(): Promise<void> {
    await this.#users.createIndexes([
      { key: { email: 1 }, name: 'email', unique: true },
      { key: { role: 1 }, name: 'admins', partialFilterExpression: { role: 'ADMIN' } },
      { key: { deleting_at: 1 }, name: 'deleting', sparse: true },
      { key: { ending_sessions_at: 1 }, name: 'ending_sessions', sparse: true },
    ])
  }

  /** @throws EmailTaken */
  async insert(account: NewAccount): Promise<Account> {
    const { passwordHash, ...rest } = account
    const document = { _id: new ObjectId(), ...rest, password_hash: passwordHash, created_at: new Date() }
    try {
      await guarded(this.#users.insertOne(document))
    } catch (error) {
      throw isDuplicateKey(error) ? new EmailTaken() : error
    }
    return toAccount(document)
  }

  async findById(id: string): Promise<Account | undefined> {
    const filter = { _id: new ObjectId(id), ...EXISTING }
    const document = await guarded(this.#users.findOne(filter, { maxTimeMS: MAX_TIME_MS }))
    return document ? toAccount(document) : undefined
  }

  /** @param spellings of one address, the likeliest first */
  async findByEmail(spellings: string[]): Promise<Account | undefined> {
    return (await this.findCredentials(spellings))?.account
  }

  /**
   * The account and what its password is checked against.
   * @param spellings of one address, the likeliest first
   */
  async findCredentials(
    spellings: string[],
  ): Promise<{ account: Account; passwordHash: string } | undefined> {
    const filter = { email: { $in: spellings }, ...EXISTING }
    const documents = await guarded(this.#users.find(filter, { maxTimeMS: MAX_TIME_MS }).toArray())
    const byLikelihood = spellings.map((email) => documents.find((document) => document.email === email))
    const document = byLikelihood.find((found) => found !== undefined)
    return document ? { account: toAccount(document), passwordHash: document.password_hash } : undefined
  }

  /** What the password of an account is checked against. */
  async findHash(id: string): Promise<string | undefined> {
    const filter = { _id: new ObjectId(id), ...EXISTING }
    const options = { projection: { password_hash: 1 }, maxTimeMS: MAX_TIME_MS }
    return (await guarded(this.#users.findOne(filter, options)))?.password_hash
  }

  async list(skip: number, limit: number): Promise<Account[]> {
    const cursor = this.#users
      .find(EXISTING, { maxTimeMS: MAX_TIME_MS })
      .sort({ _id: -1 })
      .skip(skip)
      .limit(limit)
    return (await guarded(cursor.toArray())).map(toAccount)
  }

  /** Also by an account that is just being deleted. */
  async isEmailTaken(spellings: string[]): Promise<boolean> {
    const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
    return (await guarded(this.#users.findOne({ email: { $in: spellings } }, options))) !== null
  }

  async hasAdmin(): Promise<boolean> {
    const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
    return (await guarded(this.#users.findOne({ role: 'ADMIN', ...EXISTING }, options))) !== null
  }

  async rename(id: string, name: string | null): Promise<Account | undefined> {
    return this.#update(id, { $set: { name } })
  }

  /** Notes that an address is its account's. @returns whether it still was */
  async verifyEmail(id: string, email: string): Promise<boolean> {
    return (await this.#update(id, { $set: { email_verified_at: new Date() } }, { email })) !== undefined
  }

  /**
   * Gives an account another address, which is known to be its owner's.
   * @returns whether it still had the old one
   * @throws EmailTaken
   */
  async changeEmail(id: string, old: string, email: string): Promise<boolean> {
    const match = { _id: new ObjectId(id), email: old, ...EXISTING }
    const $set = { email, email_verified_at: new Date() }
    // Not by findOneAndUpdate: what the unique index refuses is an internal error of FerretDB then.
    const update = this.#users.updateOne(match, { $set }, { maxTimeMS: MAX_TIME_MS })
    const { matchedCount } = await guarded(update).catch((error) => {
      throw isDuplicateKey(error) ? new EmailTaken() : error
    })
    return matchedCount === 1
  }

  /**
   * Replaces a password and notes which sessions have to end. One whose end was noted before for another reason is
   * not spared.
   * @returns whether the hash was still the old one
   */
  async changePassword(id: string, old: string, hash: string, ending: Ending): Promise<boolean> {
    const { spared: _spared, ...all } = ending
    const match = { _id: new ObjectId(id), password_hash: old, ...EXISTING }
    const write = async (filter: Filter<UserDocument>, { $set, $unset }: ReturnType<typeof endingNote>) => {
      const set = { ...$set, password_hash: hash, password_changed_at: ending.at }
      return (await guarded(this.#users.updateOne(filter, { $set: set, $unset }))).matchedCount === 1
    }
    const isDone = await write({ ...match, ending_sessions_at: { $exists: false } }, endingNote(ending))
    return isDone || write(match, endingNote(all))
  }

  /** Takes back the note of an ending that was carried out, unless a later change made it anew. */
  async sessionsEnded(id: string, { at }: Ending): Promise<void> {
    const filter = { _id: new ObjectId(id), ending_sessions_at: at }
    const $unset = { ending_sessions_at: '', ending_reason: '', ending_spared: '' } as const
    await guarded(this.#users.updateOne(filter, { $unset }))
  }

  /** Endings that were noted before `since` and not carried out. */
  async findEndings(since: Date): Promise<{ id: string; ending: Ending }[]> {
    const options = { limit: BATCH, maxTimeMS: MAX_TIME_MS }
    const documents = await guarded(
      this.#users.find({ ending_sessions_at: { $lt: since } }, options).toArray(),
    )
    return documents.map(({ _id, ending_sessions_at: at = since, ending_reason, ending_spared: spared }) => ({
      id: _id.toHexString(),
      ending: { at, reason: ending_reason ?? 'role_changed', ...(spared && { spared }) },
    }))
  }

  /** Replaces the hash of a password by a better one of the same password, unless it changed meanwhile. */
  async replaceHash(id: string, old: string, hash: string): Promise<void> {
    const filter = { _id: new ObjectId(id), password_hash: old }
    await guarded(this.#users.updateOne(filter, { $set: { password_hash: hash } }))
  }

  async #update(
    id: string,
    update: UpdateFilter<UserDocument>,
    filter: Filter<UserDocument> = {},
  ): Promise<Account | undefined> {
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    const match = { ...filter, _id: new ObjectId(id), ...EXISTING }
    const document = await guarded(this.#users.findOneAndUpdate(match, update, options))
    return document ? toAccount(document) : undefined
  }
}
