import { type Collection, type Db, type Filter, ObjectId, type WithId } from 'mongodb'
import type { EndReason } from '../accounts/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import { addressGroup } from '../throttling/index.ts'
import type { Device, Session } from './session.ts'

const MAX_TIME_MS = 2_000
/** More than any client's tabs rotate within the longest grace time. */
const MAX_ROTATIONS = 32
/** Twice as many as a user can have, and as can be opened before the surplus is ended */
const MAX_LISTED = 200

/** Of the ended sessions that still matter: to be found without reading the many that do not. */
export const REVOCATIONS_INDEX = 'revocations'

export interface SessionDocument {
  user_id: ObjectId
  counter: number
  created_at: Date
  rotated_at: Date
  /** The last refresh tokens that were rotated out; missing before the first rotation and in earlier releases */
  rotations?: { counter: number; at: Date }[]
  /** Unused until then, the refresh token is dead */
  idle_until: Date
  /** Nothing extends a session beyond */
  expires_at: Date
  /** When the last access token given to it has expired, a margin for signing included */
  access_until: Date
  /** When the document may go: a rotated token is recognised as reused until then */
  purge_at: Date
  address: string
  /** What limits count as one sender: see addressGroup */
  network: string
  user_agent: string
  revoked_at?: Date
  end_reason?: EndReason
}

/** Lives in seconds. */
export interface SessionLives {
  access: number
  idle: number
  absolute: number
}

/** An access token is signed at most this long after its session was read or rotated (requests are cut off earlier). */
const SIGNING_MARGIN_SECONDS = 60

function live(now: Date): Filter<SessionDocument> {
  return { revoked_at: { $exists: false }, idle_until: { $gt: now }, expires_at: { $gt: now } }
}

function inSeconds(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000)
}

/** The last rotation is noted twice: earlier releases, which may still run beside this one, note its time alone. */
function toRotations({ counter, rotated_at, rotations = [] }: SessionDocument): Map<number, Date> {
  return new Map([[counter - 1, rotated_at], ...rotations.map(({ counter, at }) => [counter, at] as const)])
}

function toSession(document: WithId<SessionDocument>): Session {
  return {
    id: document._id.toHexString(),
    userId: document.user_id.toHexString(),
    counter: document.counter,
    rotations: toRotations(document),
    revokedAt: document.revoked_at ?? null,
    createdAt: document.created_at,
    lastUsedAt: document.rotated_at,
    accessUntil: document.access_until,
    device: { address: document.address, userAgent: document.user_agent },
    expiresAt: new Date(Math.min(document.idle_until.getTime(), document.expires_at.getTime())),
  }
}

export function sessionsOf(db: Db): Collection<SessionDocument> {
  return db.collection<SessionDocument>('sessions')
}

/** Live sessions in MongoDB. Every method may throw DatabaseUnavailable. */
export class SessionRepository {
  readonly #sessions: Collection<SessionDocument>
  readonly #lives: SessionLives
  readonly #now: () => Date

  constructor(db: Db, lives: SessionLives, now: () => Date) {
    this.#sessions = sessionsOf(db)
    this.#lives = lives
    this.#now = now
  }

  async prepare(): Promise<void> {
    await this.#sessions.createIndexes([
      { key: { user_id: 1, revoked_at: 1 }, name: 'user' },
      {
        key: { revoked_at: 1, _id: 1, access_until: 1 },
        name: REVOCATIONS_INDEX,
        partialFilterExpression: { revoked_at: { $exists: true } },
      },
      { key: { purge_at: 1 }, name: 'purge', expireAfterSeconds: 0 },
    ])
  }

  async insert(userId: string, device: Device): Promise<Session> {
    const now = this.#now()
    const accessUntil = this.#accessUntil(now)
    const expiresAt = inSeconds(now, this.#lives.absolute)
    const document: WithId<SessionDocument> = {
      _id: new ObjectId(),
      user_id: new ObjectId(userId),
      counter: 0,
      created_at: now,
      rotated_at: now,
      idle_until: inSeconds(now, this.#lives.idle),
      expires_at: expiresAt,
      access_until: accessUntil,
      purge_at: inSeconds(expiresAt, this.#lives.access + SIGNING_MARGIN_SECONDS),
      address: device.address,
      network: addressGroup(device.address),
      user_agent: device.userAgent,
    }
    await guarded(this.#sessions.insertOne(document))
    return toSession(document)
  }

  async findById(id: string): Promise<Session | undefined> {
    const document = await guarded(
      this.#sessions.findOne({ _id: new ObjectId(id) }, { maxTimeMS: MAX_TIME_MS }),
    )
    return document ? toSession(document) : undefined
  }

  /** The sessions of a user that can be used, the last used first. */
  async findLive(userId: string): Promise<Session[]> {
    const filter = { user_id: new ObjectId(userId), ...live(this.#now()) }
    const options = { sort: { rotated_at: -1, _id: -1 }, limit: MAX_LISTED, maxTimeMS: MAX_TIME_MS } as const
    return (await guarded(this.#sessions.find(filter, options).toArray())).map(toSession)
  }

  /** Advances the counter of a live session if `counter` is still the current one: of concurrent calls one succeeds. */
  async rotate(id: string, counter: number): Promise<Session | undefined> {
    const now = this.#now()
    const filter = { ...this.#live(id, now), counter }
    const update = {
      $inc: { counter: 1 },
      $push: { rotations: { $each: [{ counter, at: now }], $slice: -MAX_ROTATIONS } },
      $set: {
        rotated_at: now,
        idle_until: inSeconds(now, this.#lives.idle),
        access_until: this.#accessUntil(now),
      },
    }
    const options = { returnDocument: 'after', maxTimeMS: MAX_TIME_MS } as const
    const document = await guarded(this.#sessions.findOneAndUpdate(filter, update, options))
    return document ? toSession(document) : undefined
  }

  /** Notes that a live session gets one more access token. @returns whether it is still live */
  async extendAccess(id: string): Promise<boolean> {
    const now = this.#now()
    const update = { $max: { access_until: this.#accessUntil(now) } }
    return (await guarded(this.#sessions.updateOne(this.#live(id, now), update))).matchedCount === 1
  }

  /** Has this user logged in from the network of this address? */
  async hasBeenAt(userId: string, address: string): Promise<boolean> {
    const filter = { user_id: new ObjectId(userId), network: addressGroup(address) }
    return (
      (await guarded(this.#sessions.findOne(filter, { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }))) !==
      null
    )
  }

  #live(id: string, now: Date): Filter<SessionDocument> {
    return { _id: new ObjectId(id), ...live(now) }
  }

  #accessUntil(now: Date): Date {
    return inSeconds(now, this.#lives.access + SIGNING_MARGIN_SECONDS)
  }
}
