import { type Collection, type Db, ObjectId, type WithId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import type { EndReason, Revocation } from '../sessions/session.ts'
import { type SessionDocument, sessionsOf } from '../sessions/sessions.repository.ts'

const MAX_TIME_MS = 2_000
const OPEN = { revoked_at: { $exists: false } }

function ended(reason: EndReason) {
  return { $set: { revoked_at: new Date(), end_reason: reason } }
}

/**
 * The end of sessions. It is a single write to the session itself, and the feed of ended ones reads the same
 * documents: there is no moment in which one is ended but not announced.
 */
export class EndingRepository {
  readonly #sessions: Collection<SessionDocument>

  constructor(db: Db) {
    this.#sessions = sessionsOf(db)
  }

  /** Ends one session; one that has ended stays as it ended. */
  async end(id: string, reason: EndReason): Promise<void> {
    await guarded(this.#sessions.updateOne({ _id: new ObjectId(id), ...OPEN }, ended(reason)))
  }

  /** Ends a user's sessions, but for the one to spare. */
  async endAll(userId: string, reason: EndReason, spare?: string): Promise<void> {
    const others = spare === undefined ? {} : { _id: { $ne: new ObjectId(spare) } }
    const filter = { user_id: new ObjectId(userId), ...others, ...OPEN }
    await guarded(this.#sessions.updateMany(filter, ended(reason)))
  }

  /** Sessions ended in [from, to) that still have unexpired access tokens, oldest first. */
  async findRevocations(from: Date, to: Date | null, limit: number): Promise<Revocation[]> {
    const revokedAt = { $gte: from, ...(to && { $lt: to }) }
    const documents = await guarded(
      this.#sessions
        .find({ revoked_at: revokedAt, access_until: { $gt: new Date() } }, { maxTimeMS: MAX_TIME_MS })
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
