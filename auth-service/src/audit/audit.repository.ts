import { type Collection, type Db, type Filter, ObjectId, type WithId } from 'mongodb'
import { guarded } from '../platform/driver-errors.ts'
import type { AuditAction, AuditEntry, NewEntry } from './audit-entry.ts'

const MAX_TIME_MS = 2_000

interface AuditDocument {
  at: Date
  action: AuditAction
  actor_id: string | null
  user_id: string | null
  address: string
  user_agent: string
  request_id: string
  instance: string
  sequence: number
  /** When the database removes it: the only way in which an entry goes */
  purge_at: Date
}

/** Where a page begins: after this entry. */
export interface Position {
  at: Date
  id: string
}

export interface AuditQuery {
  userId?: string
  action?: AuditAction
  after?: Position
}

function toEntry(document: WithId<AuditDocument>): AuditEntry {
  return {
    id: document._id.toHexString(),
    at: document.at,
    action: document.action,
    actorId: document.actor_id,
    userId: document.user_id,
    address: document.address,
    userAgent: document.user_agent,
    requestId: document.request_id,
    instance: document.instance,
    sequence: document.sequence,
  }
}

/** The record of who did what. It can be added to and read. Every method may throw DatabaseUnavailable. */
export class AuditRepository {
  readonly #entries: Collection<AuditDocument>
  readonly #keepMs: number

  /** @param keepMs how long an entry is kept */
  constructor(db: Db, keepMs: number) {
    this.#entries = db.collection<AuditDocument>('audit')
    this.#keepMs = keepMs
  }

  async prepare(): Promise<void> {
    await this.#entries.createIndexes([
      { key: { at: -1, _id: -1 }, name: 'time' },
      { key: { user_id: 1, at: -1, _id: -1 }, name: 'user' },
      { key: { action: 1, at: -1, _id: -1 }, name: 'action' },
      { key: { purge_at: 1 }, name: 'purge', expireAfterSeconds: 0 },
    ])
  }

  /** Adds entries; those that a failed attempt added before are not added twice. */
  async insert(entries: readonly (NewEntry & { id: string })[]): Promise<void> {
    const operations = entries.map((entry) => ({
      updateOne: {
        filter: { _id: new ObjectId(entry.id) },
        update: { $setOnInsert: this.#toFields(entry) },
        upsert: true,
      },
    }))
    await guarded(this.#entries.bulkWrite(operations, { ordered: false }))
  }

  /** The newest first. */
  async find({ userId, action, after }: AuditQuery, limit: number): Promise<AuditEntry[]> {
    const filter: Filter<AuditDocument> = {
      ...(userId !== undefined && { user_id: userId }),
      ...(action !== undefined && { action }),
      ...(after && {
        $or: [{ at: { $lt: after.at } }, { at: after.at, _id: { $lt: new ObjectId(after.id) } }],
      }),
    }
    const options = { sort: { at: -1, _id: -1 }, limit, maxTimeMS: MAX_TIME_MS } as const
    return (await guarded(this.#entries.find(filter, options).toArray())).map(toEntry)
  }

  #toFields(entry: NewEntry): AuditDocument {
    return {
      at: entry.at,
      action: entry.action,
      actor_id: entry.actorId,
      user_id: entry.userId,
      address: entry.address,
      user_agent: entry.userAgent,
      request_id: entry.requestId,
      instance: entry.instance,
      sequence: entry.sequence,
      purge_at: new Date(entry.at.getTime() + this.#keepMs),
    }
  }
}

/** @returns an id that no other entry has */
export function newEntryId(): string {
  return new ObjectId().toHexString()
}
