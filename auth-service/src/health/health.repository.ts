import type { Db } from 'mongodb'

const MAX_TIME_MS = 2_000

/** Whether the database answers. */
export class HealthRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** One bounded round trip; never throws. */
  async isReachable(): Promise<boolean> {
    return this.#db.command({ ping: 1 }, { signal: AbortSignal.timeout(MAX_TIME_MS) }).then(
      () => true,
      () => false,
    )
  }
}
