import { type Collection, type Db, ObjectId, type WithId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import { isDuplicateKey } from '../platform/duplicate-key.ts'

const MAX_TIME_MS = 2_000

interface ErasureDocument {
  requested_at: Date
  next_attempt_at: Date
  /** Since the last acknowledgement */
  attempts: number
  acknowledged_at?: Date
}

/** Deleted accounts, for good: an id and a time, so that neither a backup nor an import brings one back. */
export function erasedOf(db: Db): Collection<{ at: Date }> {
  return db.collection<{ at: Date }>('erased')
}

/** The tasks of a deleted account, to be deleted in task-service. */
export interface Erasure {
  userId: string
  requestedAt: Date
  attempts: number
}

/** The durable list of erasures that are still due, by the deleted account's id. */
export class ErasureRepository {
  readonly #erasures: Collection<ErasureDocument>
  readonly #erased: ReturnType<typeof erasedOf>

  constructor(db: Db) {
    this.#erasures = db.collection<ErasureDocument>('erasures')
    this.#erased = erasedOf(db)
  }

  async prepare(): Promise<void> {
    await this.#erasures.createIndexes([{ key: { next_attempt_at: 1 }, name: 'due' }])
  }

  /** Repeatable. */
  async request(userId: string): Promise<void> {
    const now = new Date()
    const erased = { $setOnInsert: { at: now } }
    await guarded(this.#erased.updateOne({ _id: new ObjectId(userId) }, erased, { upsert: true }))
    const document = { _id: new ObjectId(userId), requested_at: now, next_attempt_at: now, attempts: 0 }
    try {
      await guarded(this.#erasures.insertOne(document))
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }

  /** Every account that was deleted, in pages by id. */
  async findErased(after: string | undefined, limit: number): Promise<string[]> {
    const filter = { _id: { $gt: new ObjectId(after ?? '0'.repeat(24)) } }
    const options = { sort: { _id: 1 }, limit, maxTimeMS: MAX_TIME_MS } as const
    return (await guarded(this.#erased.find(filter, options).toArray())).map(({ _id }) => _id.toHexString())
  }

  /** Takes the erasure due longest, for this instance alone until `leaseUntil`. */
  async claim(leaseUntil: Date): Promise<Erasure | undefined> {
    const document: WithId<ErasureDocument> | null = await guarded(
      this.#erasures.findOneAndUpdate(
        { next_attempt_at: { $lte: new Date() } },
        { $set: { next_attempt_at: leaseUntil }, $inc: { attempts: 1 } },
        { sort: { next_attempt_at: 1 }, returnDocument: 'after', maxTimeMS: MAX_TIME_MS },
      ),
    )
    if (!document) return undefined
    return {
      userId: document._id.toHexString(),
      requestedAt: document.requested_at,
      attempts: document.attempts,
    }
  }

  async postpone(userId: string, until: Date): Promise<void> {
    await guarded(
      this.#erasures.updateOne({ _id: new ObjectId(userId) }, { $set: { next_attempt_at: until } }),
    )
  }

  /** Notes the first acknowledgement; the erasure is due once more at `finalAt`. */
  async acknowledge(userId: string, finalAt: Date): Promise<void> {
    const set = { acknowledged_at: new Date(), next_attempt_at: finalAt, attempts: 0 }
    await guarded(this.#erasures.updateOne({ _id: new ObjectId(userId) }, { $set: set }))
  }

  async remove(userId: string): Promise<void> {
    await guarded(this.#erasures.deleteOne({ _id: new ObjectId(userId) }))
  }
}
