import type { Collection, Db } from 'mongodb'
import { type Epoch, type EpochStore, OFF } from './ports.ts'
import { within } from './time-limit.ts'
import { TIMING } from './timing.ts'

const DOCUMENT_ID = 'task-lists'

/** As stored. Run ids stand under `cache`, where instances of every release look for them. */
interface EpochDocument extends Omit<Epoch, 'redisRun'> {
  _id: string
  cache: string
}

/** Reads and changes the epoch by majority writes only: a primary that was voted out cannot grant a lease. */
export class EpochRepository implements EpochStore {
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
  propose(epoch: number, redisRun: string, successor = epoch + 1): Promise<Epoch | null> {
    return this.#update({ epoch }, { $set: { epoch: successor, cache: redisRun, settled: false } })
  }

  async #update(filter: { epoch?: number }, update: object): Promise<Epoch | null> {
    const options = { returnDocument: 'after', maxTimeMS: TIMING.epochServerMs } as const
    const found = await within(
      TIMING.epochLimitMs,
      this.#epochs.findOneAndUpdate({ _id: DOCUMENT_ID, ...filter }, update, options),
    )
    return found && toEpoch(found)
  }
}

function toEpoch({ epoch, cache, settled, members }: EpochDocument): Epoch {
  return { epoch, redisRun: cache, settled, members }
}
