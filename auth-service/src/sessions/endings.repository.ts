import { type Collection, type Db, ObjectId, type WithId } from 'mongodb'
import type { EndReason } from '../accounts/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import type { Spared } from './session.ts'
import { type SessionDocument, sessionsOf } from './sessions.repository.ts'

const OPEN = { revoked_at: { $exists: false } }

const MAX_TIME_MS = 2_000
/** More than a user can have at once */
const MAX_ENDED = 1_000

/** A session that has ended, and when the last of its access tokens expires by itself. */
export interface EndedSession {
  sid: string
  accessUntil: Date
}

function ended(at: Date, reason: EndReason) {
  return { $set: { revoked_at: at, end_reason: reason } }
}

function toEnded({ _id, access_until }: Pick<WithId<SessionDocument>, '_id' | 'access_until'>): EndedSession {
  return { sid: _id.toHexString(), accessUntil: access_until }
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

  /** Ends one session. @returns it, unless it had ended before */
  async end(id: string, reason: EndReason): Promise<EndedSession | undefined> {
    const filter = { _id: new ObjectId(id), ...OPEN }
    const options = { returnDocument: 'after', projection: { access_until: 1 } } as const
    const document = await guarded(
      this.#sessions.findOneAndUpdate(filter, ended(new Date(), reason), options),
    )
    return document ? toEnded(document) : undefined
  }

  /**
   * Ends some of the sessions that are open, whoever's. Repeated until there are none, also by several at once.
   * @returns how many
   */
  async endSome(reason: EndReason): Promise<number> {
    const options = { projection: { _id: 1 }, limit: MAX_ENDED, maxTimeMS: MAX_TIME_MS }
    const open = await guarded(this.#sessions.find(OPEN, options).toArray())
    if (open.length === 0) return 0
    const filter = { _id: { $in: open.map(({ _id }) => _id) }, ...OPEN }
    return (await guarded(this.#sessions.updateMany(filter, ended(new Date(), reason)))).modifiedCount
  }

  /** Ends a user's sessions, but for those to spare. @returns those whose tokens may still be good */
  async endAll(userId: string, reason: EndReason, spare: Spared = {}): Promise<EndedSession[]> {
    const at = new Date()
    const filter = {
      user_id: new ObjectId(userId),
      ...(spare.id !== undefined && { _id: { $ne: new ObjectId(spare.id) } }),
      ...(spare.openedSince && { created_at: { $lt: spare.openedSince } }),
      ...OPEN,
    }
    const { modifiedCount } = await guarded(this.#sessions.updateMany(filter, ended(at, reason)))
    if (modifiedCount === 0) return []
    const done = { user_id: new ObjectId(userId), revoked_at: at, access_until: { $gt: at } }
    const options = { projection: { access_until: 1 }, limit: MAX_ENDED, maxTimeMS: MAX_TIME_MS }
    return (await guarded(this.#sessions.find(done, options).toArray())).map(toEnded)
  }
}
