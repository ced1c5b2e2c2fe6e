import type { Db } from 'mongodb'
import { within } from '../platform/time-limit.ts'

const MAX_TIME_MS = 2_000

/** Whether the database answers. */
export class HealthRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** One bounded round trip; never throws. */
  async isReachable(): Promise<boolean> {
    // Not by an AbortSignal: the driver would close the connection of a ping that is late.
    return within(MAX_TIME_MS, this.#db.command({ ping: 1 })).then(
      () => true,
      () => false,
    )
  }
}
