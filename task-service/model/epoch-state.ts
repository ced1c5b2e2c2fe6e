import { leaseOn, mayBeginWrite } from '../src/cache/epoch-decisions.ts'
import { OFF as SERVICE_OFF } from '../src/cache/ports.ts'
import type { Entry } from './entries.ts'
import type { Told, Version } from './promises.ts'

/** The cache epoch that says "no cache". */
export const OFF = 0
/** The two Redis processes that there may be: the first one, and one that replaces it or stands beside it. */
export const FIRST_RUN = 1
export const SECOND_RUN = 2

/** The document in the database that all instances renew their leases on. Epochs 1, 3, 5 name a Redis, 2 and 4 are off. */
export interface EpochDocument {
  readonly epoch: number
  /** Run id per epoch so far, `OFF` for those without a cache. Index 0 is not used. */
  readonly runs: readonly number[]
  /** Somebody has waited until every lease on an older epoch had run out. */
  readonly settled: boolean
}

/** What one renewal granted: valid until it expires, whatever the document says by then. */
export interface Lease {
  readonly epoch: number
  readonly settled: boolean
}

export interface Instance {
  readonly lease: Lease | undefined
  /** The Redis process at the other end of its connection; undefined without one. */
  readonly reaches: number | undefined
}

export type ReaderStep = 'idle' | 'check' | 'claim' | 'read and fill' | 'fill' | 'read only' | 'confirm'
export type WriterStep =
  | 'begin'
  | 'commit'
  | 'load'
  | 'unmark'
  | 'check'
  | 'again'
  /** Answered with 503; what is left of the mark is taken away in the background, if Redis is reached again. */
  | 'late unmark'
  /** The outcome is not known for all of it: the mark is to stay. */
  | 'abandon'
  | 'done'
  | 'crashed'

export interface Reader {
  readonly instance: number
  readonly next: ReaderStep
  readonly before: Told
  /** The epoch of the lease this read began under. */
  readonly epoch: number
  readonly version: Version
  /** Of the claim to fill under. */
  readonly token: number
}

/**
 * - `one`: a creation, an update, a deletion, a restoration: one commit.
 * - `keyed`: a creation with an `Idempotency-Key`; all of these have the same one, so they are repetitions of each other.
 * - `bulk`: two commits under one mark.
 */
export type WriterKind = 'one' | 'keyed' | 'bulk'

export interface Writer {
  readonly instance: number
  readonly kind: WriterKind
  readonly next: WriterStep
  /** Commits that are still to be made */
  readonly left: number
  /** Of an earlier commit of the same mark the outcome is not known. */
  readonly unknown: boolean
  /** A commit is on its way to the database, whatever becomes of the writer. */
  readonly pending: boolean
  readonly epoch: number
  /** Nobody else had a mark, and the epoch was settled: the new list may be left in the cache. */
  readonly alone: boolean
  /** Of its last commit that was answered, 0 for none: what a 2xx is for */
  readonly version: Version
  /** The list to leave in the cache, 0 for none. */
  readonly page: Version
}

export interface Faults {
  /** A command to Redis, or its answer, does not arrive. */
  readonly losses: number
  /** An instance loses its connection, and may find itself connected to the other process. */
  readonly disconnections: number
  /** The first Redis ends with all it held. */
  readonly restarts: number
  readonly evictions: number
  readonly crashes: number
  /** The database does not answer a commit in time, which it has made, or makes later. */
  readonly timeouts: number
}

export const NO_FAULTS: Faults = {
  losses: 0,
  disconnections: 0,
  restarts: 0,
  evictions: 0,
  crashes: 0,
  timeouts: 0,
}

/** Rules of the protocol that can be left out, to see that they are needed. */
export interface Rules {
  /** A hit and a 2xx count only while the lease that they began under is held. */
  readonly checkLease: boolean
  /** A new epoch is called settled only when every older lease has run out. */
  readonly waitForLeases: boolean
  /** A connection serves an epoch only when the process behind it is the one that the epoch names. */
  readonly compareRunId: boolean
  /**
   * A write takes effect while its lease is held, or not at all. No protocol can make sure of that, time limits on
   * both sides make it likely: it is left out unless asked for.
   */
  readonly commitInTime: boolean
  /** A read that neither hits nor fills ends with script CONFIRM. */
  readonly confirmReads: boolean
  /** A repetition that finds the task made, but not noted as announced, marks and unmarks before it answers. */
  readonly announceRepeats: boolean
  /** One commit of unknown outcome, and the mark of several is abandoned before anything is acknowledged. */
  readonly abandonUnknown: boolean
}

export const ALL_RULES: Rules = {
  checkLease: true,
  waitForLeases: true,
  compareRunId: true,
  commitInTime: false,
  confirmReads: true,
  announceRepeats: true,
  abandonUnknown: true,
}

export interface System {
  readonly rules: Rules
  readonly lastEpoch: number
  readonly document: EpochDocument
  /** By {@link slotOf}. */
  readonly entries: readonly Entry[]
  readonly firstRunAlive: boolean
  readonly instances: readonly Instance[]
  readonly readers: readonly Reader[]
  readonly writers: readonly Writer[]
  readonly readsLeft: number
  readonly committed: Version
  /** The version in which the task of the keyed writers came, 0 before; and whether it is noted that every cache knows it. */
  readonly keyed: { readonly version: Version; readonly announced: boolean }
  readonly told: Told
  readonly faults: Faults
}

/** Where the list is kept under `epoch` in the process `run`: there are two places per epoch that has a cache. */
function slotOf(epoch: number, run: number): number {
  return epoch - 1 + (run - 1)
}

/** The place a command would reach now, or undefined when it reaches none that the epoch may use. */
export function reachableSlot(system: System, instance: number, epoch: number): number | undefined {
  const { reaches } = instanceOf(system, instance)
  const run = system.document.runs[epoch]
  if (reaches === undefined || run === OFF) return undefined
  return system.rules.compareRunId && reaches !== run ? undefined : slotOf(epoch, reaches)
}

export function leaseHolds(system: System, instance: number, epoch: number): boolean {
  return !system.rules.checkLease || instanceOf(system, instance).lease?.epoch === epoch
}

/** What a lease is good for, as the service's own functions say. */
export function rightsOf(system: System, { epoch, settled }: Lease): { mayRead: boolean; mayWrite: boolean } {
  const run = system.document.runs[epoch]
  const lease = leaseOn({ epoch, redisRun: run === OFF ? SERVICE_OFF : `${run}`, settled })
  return { mayRead: lease.readable, mayWrite: mayBeginWrite(lease, settled) }
}

export function instanceOf(system: System, i: number): Instance {
  return system.instances[i] as Instance
}

export function setInstance(system: System, i: number, change: Partial<Instance>): System {
  return { ...system, instances: system.instances.with(i, { ...instanceOf(system, i), ...change }) }
}

export function setEntry(system: System, slot: number, entry: Entry): System {
  return system.entries[slot] === entry ? system : { ...system, entries: system.entries.with(slot, entry) }
}

export function spend(system: System, fault: keyof Faults): System {
  return { ...system, faults: { ...system.faults, [fault]: system.faults[fault] - 1 } }
}

/** A compare-and-set on the document: only the successor of the epoch one knows can be proposed. */
export function propose(system: System, epoch: number, run: number): System {
  if (system.document.epoch !== epoch || epoch === system.lastEpoch) return system
  const runs = [...system.document.runs, run]
  return { ...system, document: { epoch: epoch + 1, runs, settled: false } }
}
