import { type Collection, type Db, ObjectId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'

const MAX_TIME_MS = 2_000

export type LinkKind = 'password_reset' | 'address_check' | 'address_change'

/** What a link lets its holder do, once. */
export interface Link {
  /** Of its token; the token itself is stored nowhere */
  hash: string
  kind: LinkKind
  accountId: string
  /** The account's when the link was made: with another address or password since then, it is worth nothing */
  email: string
  passwordChangedAt: Date | null
  /** The address that the account is to have */
  newEmail?: string
  expiresAt: Date
}

interface LinkDocument {
  _id: string
  kind: LinkKind
  user_id: ObjectId
  email: string
  password_changed_at: Date | null
  new_email?: string
  expires_at: Date
}

/** One-time links in MongoDB. Every method may throw DatabaseUnavailable. */
export class LinkRepository {
  readonly #links: Collection<LinkDocument>

  constructor(db: Db) {
    this.#links = db.collection<LinkDocument>('links')
  }

  async prepare(): Promise<void> {
    await this.#links.createIndexes([{ key: { expires_at: 1 }, name: 'purge', expireAfterSeconds: 0 }])
  }

  async insert({
    hash,
    kind,
    accountId,
    email,
    passwordChangedAt,
    newEmail,
    expiresAt,
  }: Link): Promise<void> {
    await guarded(
      this.#links.insertOne({
        _id: hash,
        kind,
        user_id: new ObjectId(accountId),
        email,
        password_changed_at: passwordChangedAt,
        ...(newEmail !== undefined && { new_email: newEmail }),
        expires_at: expiresAt,
      }),
    )
  }

  /** A link of one of these kinds that can still be used at `now`. */
  async find(hash: string, kinds: LinkKind[], now: Date): Promise<Link | undefined> {
    const filter = { _id: hash, kind: { $in: kinds }, expires_at: { $gt: now } }
    const found = await guarded(this.#links.findOne(filter, { maxTimeMS: MAX_TIME_MS }))
    if (!found) return undefined
    return {
      hash,
      kind: found.kind,
      accountId: found.user_id.toHexString(),
      email: found.email,
      passwordChangedAt: found.password_changed_at,
      ...(found.new_email !== undefined && { newEmail: found.new_email }),
      expiresAt: found.expires_at,
    }
  }

  /** Uses a link up. @returns whether it was there: of many at once, one gets true */
  async spend({ hash, accountId }: Link): Promise<boolean> {
    const filter = { _id: hash, user_id: new ObjectId(accountId) }
    return (await guarded(this.#links.deleteOne(filter))).deletedCount === 1
  }
}
