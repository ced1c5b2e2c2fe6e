import type { Collection, Db } from 'mongodb'
import { within } from '../platform/time-limit.ts'

/** No instance uses the cache: writes go straight to MongoDB. */
export const OFF = 'off'
/** Limit for one renewal; a lease that is slower to get is not worth having. */
const MAX_TIME_MS = 800
/** With the way there and back: a connection that has gone silent must not hold up the next attempt on another one. */
const LIMIT_MS = 1_000
const DOCUMENT_ID = 'task-lists'

export interface Member {
  /** Run id of the Redis process this instance reaches, or `none`. */
  reaches: string
  at: Date
}

/** The one document that decides which Redis process, if any, may answer reads. */
export interface Epoch {
  epoch: number
  /** Run id of a Redis process, or `off`. */
  cache: string
  /** Every lease on an older epoch has run out. */
  settled: boolean
  members: Record<string, Member>
}

type EpochDocument = Epoch & { _id: string }

/** Reads and changes the epoch by majority writes only: a primary that was voted out cannot grant a lease. */
export class EpochRepository {
  readonly #epochs: Collection<EpochDocument>

  constructor(db: Db) {
    this.#epochs = db.collection<EpochDocument>('cache_epochs')
  }

  /**
   * Makes the document where there is none. Epochs start at the clock so that no number is used twice in a Redis.
   * @param settled that there are no leases yet: false where one has been seen
   */
  async prepare(settled = true): Promise<void> {
    const first = { epoch: Date.now(), cache: OFF, settled, members: {} }
    await this.#epochs.updateOne({ _id: DOCUMENT_ID }, { $setOnInsert: first }, { upsert: true })
  }

  /** Reports what this instance reaches and reads the epoch, in one write. `at` is the server's clock. */
  renew(member: string, reaches: string, forget: string[]): Promise<Epoch | null> {
    return this.#update(
      {},
      {
        $set: { [`members.${member}.reaches`]: reaches },
        $currentDate: { [`members.${member}.at`]: true as const },
        ...(forget.length > 0 && {
          $unset: Object.fromEntries(forget.map((id) => [`members.${id}`, true as const])),
        }),
      },
    )
  }

  settle(epoch: number): Promise<Epoch | null> {
    return this.#update({ epoch }, { $set: { settled: true } })
  }

  /** Replaces `epoch` by its successor; null when another instance was faster. */
  propose(epoch: number, cache: string, successor = epoch + 1): Promise<Epoch | null> {
    return this.#update({ epoch }, { $set: { epoch: successor, cache, settled: false } })
  }

  #update(filter: { epoch?: number }, update: object): Promise<Epoch | null> {
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    return within(LIMIT_MS, this.#epochs.findOneAndUpdate({ _id: DOCUMENT_ID, ...filter }, update, options))
  }
}
