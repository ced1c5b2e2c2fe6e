import { type Collection, type Db, ObjectId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import { isDuplicateKey } from '../platform/duplicate-key.ts'

const MAX_TIME_MS = 2_000

/** What is known of a creation before it is made: enough to make it, and to answer it, again and again. */
export interface CreationKey {
  /** Of the canonical body */
  digest: string
  taskId: string
  createdAt: Date
  /** The task is in the list, and every cache knows it: nothing is left to do for who repeats it */
  isAnnounced: boolean
}

interface KeyDocument {
  /** `owner:key`, so that a key is its owner's alone */
  _id: string
  owner_id: ObjectId
  digest: string
  task_id: ObjectId
  created_at: Date
  announced: boolean
  /** Later the key means nothing any more; the database removes it some time after that */
  expires_at: Date
}

const toKey = (document: KeyDocument): CreationKey => ({
  digest: document.digest,
  taskId: document.task_id.toHexString(),
  createdAt: document.created_at,
  isAnnounced: document.announced,
})

const idOf = (owner: string, key: string) => `${owner}:${key}`

/** `Idempotency-Key`s and what they stand for. */
export class CreationKeyRepository {
  readonly #keys: Collection<KeyDocument>
  readonly #lifeMs: number

  /** @param lifeMs how long a key is remembered */
  constructor(db: Db, lifeMs: number) {
    this.#keys = db.collection<KeyDocument>('creation_keys')
    this.#lifeMs = lifeMs
  }

  /** Makes the indexes; repeatable. */
  async prepare(): Promise<void> {
    await this.#keys.createIndexes([
      { name: 'expired', key: { expires_at: 1 }, expireAfterSeconds: 0 },
      { name: 'owner', key: { owner_id: 1 } },
    ])
  }

  async find(owner: string, key: string): Promise<CreationKey | undefined> {
    const filter = { _id: idOf(owner, key), expires_at: { $gt: new Date() } }
    const found = await guarded(this.#keys.findOne(filter, { maxTimeMS: MAX_TIME_MS }))
    return found ? toKey(found) : undefined
  }

  /** Of many at once one is the first; to the others it is told what that one made of the key. */
  async claim(owner: string, key: string, digest: string): Promise<CreationKey> {
    const now = new Date()
    const document: KeyDocument = {
      _id: idOf(owner, key),
      owner_id: new ObjectId(owner),
      digest,
      task_id: new ObjectId(),
      created_at: now,
      announced: false,
      expires_at: new Date(now.getTime() + this.#lifeMs),
    }
    // An expired one that the database has not removed yet is as good as none.
    const { _id, ...fields } = document
    const expired = { _id, expires_at: { $lte: now } }
    const options = { maxTimeMS: MAX_TIME_MS }
    const { matchedCount } = await guarded(this.#keys.replaceOne(expired, fields, options))
    if (matchedCount === 1) return toKey(document)
    try {
      await guarded(this.#keys.insertOne(document, options))
      return toKey(document)
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
    return (await this.find(owner, key)) ?? this.claim(owner, key, digest)
  }

  async setAnnounced(owner: string, key: string, taskId: string): Promise<void> {
    const filter = { _id: idOf(owner, key), task_id: new ObjectId(taskId) }
    await guarded(this.#keys.updateOne(filter, { $set: { announced: true } }, { maxTimeMS: MAX_TIME_MS }))
  }

  async removeOwner(owner: string): Promise<void> {
    await guarded(this.#keys.deleteMany({ owner_id: new ObjectId(owner) }, { maxTimeMS: MAX_TIME_MS }))
  }
}
