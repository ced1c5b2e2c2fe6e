import type { Action, EpochState, Instance } from '../src/cache/epoch-decisions.ts'
import type { Epoch } from '../src/cache/ports.ts'

/**
 * A step on the document. A renewal reads it at once and its answer may take long; a change may be carried out late and
 * is then answered at once: what else can happen is no worse.
 */
export interface Request {
  readonly action: Extract<Action, { do: 'renew' | 'settle' | 'propose' }>
  readonly sent: number
  /** What a renewal has read */
  readonly read: Epoch | undefined
}

/** One instance: the service's own state and decisions, between a document and a Redis that answer when they like. */
export interface Actor {
  readonly self: Instance
  readonly state: EpochState
  /** Of the loop, which makes one request at a time */
  readonly request: Request | undefined
  /** Of a write that Redis has failed */
  readonly proposal: Request | undefined
  /** Given up by the instance, and still under way */
  readonly orphan: Request['action'] | undefined
}

export interface LeaseWorld {
  readonly now: number
  readonly document: Epoch
  readonly actors: readonly Actor[]
  readonly lastEpoch: number
  /** How often an answer may fail to come in time */
  readonly failures: number
  /** Run ids of the Redis processes there are */
  readonly runs: readonly string[]
}
