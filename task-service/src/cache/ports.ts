import type { ListPage } from './list-page.ts'

/** In place of a Redis run id: no instance uses the cache, writes go straight to MongoDB. */
export const OFF = 'off'

export interface Member {
  /** Run id of the Redis process this instance reaches, or `none`. */
  reaches: string
  /** By MongoDB's clock */
  at: Date
}

/** What the one document in MongoDB says: which Redis process, if any, may answer reads. */
export interface Epoch {
  epoch: number
  /** Run id of a Redis process, or {@link OFF}. */
  redisRun: string
  /** Every lease on an older epoch has run out. */
  settled: boolean
  members: Record<string, Member>
}

/** The right of an instance to act under one epoch, for as long as {@link Epochs.holds} it. */
export interface Lease {
  readonly epoch: number
  /** Run id of the Redis process in use, or {@link OFF}. */
  readonly redisRun: string
  /** Reads may be answered from the cache, and fill it. */
  readonly readable: boolean
}

/** The document in MongoDB. Null: it is not there, or another instance was faster. */
export interface EpochStore {
  prepare(settled?: boolean): Promise<void>
  renew(member: string, reaches: string, forget: string[]): Promise<Epoch | null>
  settle(epoch: number): Promise<Epoch | null>
  propose(epoch: number, redisRun: string, successor?: number): Promise<Epoch | null>
}

/** Leases, as reads and writes need them */
export interface Epochs {
  /** The lease held at this moment; undefined when reads and writes have nothing to go by. */
  current(): Lease | undefined
  holds(lease: Lease): boolean
  /** Waits until this instance may write, at most until `deadline` (monotonic ms). */
  writable(deadline: number): Promise<Lease | undefined>
  /** Redis has failed a write under `lease`: turns the cache off, if the lease is still held. */
  proposeOff(lease: Lease): Promise<void>
}

/** What a reader finds. `filling`: it may store what it reads from now on, under the claim that is there. */
export type Found =
  | { state: 'hit'; page: ListPage }
  | { state: 'writing' }
  | { state: 'filling'; claim: string }
  | { state: 'empty' }

/** One step each of the list protocol. @throws CacheUnreachable */
export interface ListStore {
  /** Unique in all instances, and of one length */
  token(): string
  find(lease: Lease, owner: string): Promise<Found>
  /** After nothing was found: the right to fill, or what has come there meanwhile. Never `empty`. */
  claim(lease: Lease, owner: string): Promise<Found>
  /** @returns the page that is to be answered in place of this one, when it could not be stored */
  fill(lease: Lease, owner: string, claim: string, page: ListPage): Promise<'stored' | ListPage | undefined>
  /** @returns a page that is to be answered in place of the one that was read without filling */
  confirm(lease: Lease, owner: string): Promise<ListPage | undefined>
  /** Says that a write begins, and whether others of this owner are in progress. `full` = too many, no mark was set. */
  mark(lease: Lease, owner: string, token: string): Promise<'alone' | 'joined' | 'full'>
  /** @returns what became of the cached list: stored, dropped, waiting or tainted */
  unmark(lease: Lease, owner: string, token: string, page: ListPage | undefined): Promise<string>
  /** The write may still take effect: its mark stays for a whole life. */
  abandon(lease: Lease, owner: string, token: string): Promise<void>
}

/** Reads the list of one owner from MongoDB. */
export type Load = (owner: string) => Promise<ListPage>

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
