import type { Collection, Db, WithId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import { REVOCATIONS_INDEX, type SessionDocument, sessionsOf } from '../sessions/index.ts'

const MAX_TIME_MS = 2_000

/** An ended session whose access tokens have not expired yet. */
export interface Revocation {
  sid: string
  revokedAt: Date
  /** When the last access token of the session has expired by itself */
  accessUntil: Date
}

/** The ended sessions. Every method may throw DatabaseUnavailable. */
export class RevocationRepository {
  readonly #sessions: Collection<SessionDocument>

  constructor(db: Db) {
    this.#sessions = sessionsOf(db)
  }

  /** Sessions ended in [from, to) that still have unexpired access tokens, oldest first. */
  async findRevocations(from: Date, to: Date | undefined, limit: number): Promise<Revocation[]> {
    const revokedAt = { $gte: from, ...(to && { $lt: to }) }
    const documents = await guarded(
      this.#sessions
        .find(
          { revoked_at: revokedAt, access_until: { $gt: new Date() } },
          { hint: REVOCATIONS_INDEX, maxTimeMS: MAX_TIME_MS },
        )
        .project<Pick<WithId<SessionDocument>, '_id' | 'access_until'> & { revoked_at: Date }>({
          revoked_at: 1,
          access_until: 1,
        })
        .sort({ revoked_at: 1, _id: 1 })
        .limit(limit)
        .toArray(),
    )
    return documents.map((document) => ({
      sid: document._id.toHexString(),
      revokedAt: document.revoked_at,
      accessUntil: document.access_until,
    }))
  }
}
