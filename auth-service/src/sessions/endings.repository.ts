import { type Collection, type Db, ObjectId } from 'mongodb'
import type { EndReason } from '../accounts/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import type { Spared } from './session.ts'
import { type SessionDocument, sessionsOf } from './sessions.repository.ts'

const OPEN = { revoked_at: { $exists: false } }

function ended(reason: EndReason) {
  return { $set: { revoked_at: new Date(), end_reason: reason } }
}

/**
 * The end of sessions. It is a single write to the session itself, and the list of ended ones is read from the same
 * documents: there is no moment in which a session is ended but not announced.
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

  /** Ends a user's sessions, but for those to spare. */
  async endAll(userId: string, reason: EndReason, spare: Spared = {}): Promise<void> {
    const filter = {
      user_id: new ObjectId(userId),
      ...(spare.id !== undefined && { _id: { $ne: new ObjectId(spare.id) } }),
      ...(spare.openedSince && { created_at: { $lt: spare.openedSince } }),
      ...OPEN,
    }
    await guarded(this.#sessions.updateMany(filter, ended(reason)))
  }
}
