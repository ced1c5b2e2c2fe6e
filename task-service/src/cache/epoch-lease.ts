import { randomBytes } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { CacheMetrics } from './cache-metrics.ts'
import { type Epoch, type EpochRepository, OFF } from './epoch.repository.ts'
import { forgettableMembers, liveMembers } from './epoch-members.ts'

/** Life of a lease, counted from before its renewal was sent. */
export const LEASE_MS = 2_000
/** Given up early, against clocks that run at different speeds. */
const MARGIN_MS = 200
const RENEW_MS = 1_000
const RETRY_MS = 100
/** Redis away for longer than this is taken for off, so that writes need not find out themselves. */
const GIVE_UP_MS = 1_000

/** The right to act on what one epoch says, for as long as {@link EpochLease.holds} it. */
export interface Lease {
  readonly epoch: number
  /** Run id of the Redis process in use, or `off`. */
  readonly cache: string
  /** Reads may be answered from the cache, and fill it. */
  readonly readable: boolean
}

interface Options {
  epochs: EpochRepository
  /** Run id of the Redis process that answers this instance at the moment, or undefined. */
  reaches: () => string | undefined
  metrics: CacheMetrics
  log: FastifyBaseLogger
  /** Monotonic milliseconds */
  now?: () => number
}

/**
 * Closes the split-brain hole of a cache beside a database: an instance that cannot reach Redis may write without
 * marking only when no other instance can still answer from it.
 *
 * Epochs alternate between one Redis process and `off`. Whoever sees a new epoch first waits out a whole lease before
 * calling it settled; by then every lease on an older epoch has ended.
 * - `off` allows writes once settled.
 * - a Redis process allows marked writes at once (its predecessor was `off`, so nobody reads from it yet), and reads
 *   and fills once settled.
 */
export class EpochLease {
  readonly #options: Options
  readonly #now: () => number
  readonly #member = randomBytes(6).toString('hex')
  #seen: Epoch | undefined
  #seenSince = 0
  #until = Number.NEGATIVE_INFINITY
  #lease: Lease | undefined
  #unreachableSince: number | undefined
  #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #failing = false
  #stopped = false
  #proposing: Promise<void> | undefined
  #running: Promise<void> | undefined

  constructor(options: Options) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** The lease held at this moment; undefined when reads and writes have nothing to go by. */
  current(): Lease | undefined {
    return this.#now() < this.#until ? this.#lease : undefined
  }

  holds(lease: Lease): boolean {
    return this.current()?.epoch === lease.epoch
  }

  /** Waits until this instance may write, at most until `deadline` (monotonic ms). */
  async writable(deadline: number): Promise<Lease | undefined> {
    for (;;) {
      const lease = this.current()
      if (lease && (lease.cache !== OFF || this.#seen?.settled)) return lease
      const remaining = deadline - this.#now()
      if (remaining <= 0 || this.#stopped) return undefined
      await this.#nextObservation(remaining)
    }
  }

  /** Says that Redis cannot be reached under `lease`; returns once the proposal was made or has failed. */
  async proposeOff(lease: Lease): Promise<void> {
    if (lease.cache === OFF || this.#seen?.epoch !== lease.epoch) return
    this.#proposing ??= this.#propose(lease.epoch, OFF).finally(() => {
      this.#proposing = undefined
    })
    await this.#proposing
  }

  start(): void {
    this.#schedule(0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#wakeAll()
    await this.#running
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      this.#running ??= this.#tick().finally(() => {
        this.#running = undefined
        this.#schedule(this.#isUneasy() ? RETRY_MS : RENEW_MS)
      })
    }, delay)
  }

  /** Something is to be seen soon: a database that answers again, the end of a wait, whether Redis stays away. */
  #isUneasy(): boolean {
    return this.#failing || this.#seen?.settled === false || this.#unreachableSince !== undefined
  }

  async #tick(): Promise<void> {
    try {
      await this.#renew()
      await this.#advance()
      if (this.#failing) this.#options.log.info('cache epoch lease renewed again')
      this.#failing = false
    } catch (err) {
      if (!this.#failing) this.#options.log.warn({ reason: String(err) }, 'cache epoch lease not renewed')
      this.#failing = true
    }
  }

  async #renew(): Promise<void> {
    const sent = this.#now()
    const epoch = await this.#options.epochs.renew(
      this.#member,
      this.#options.reaches() ?? 'none',
      this.#seen ? forgettableMembers(this.#seen, this.#member) : [],
    )
    if (!epoch) await this.#options.epochs.prepare(this.#seen === undefined)
    else if (this.#seen && epoch.epoch < this.#seen.epoch)
      await this.#raise(epoch.epoch, this.#seen.epoch + 1)
    else this.#observe(epoch, sent)
  }

  /** Settles what has been waited out; turns the cache off or on where that is called for. */
  async #advance(): Promise<void> {
    const seen = this.#seen
    if (!seen) return
    const reaches = this.#options.reaches()
    if (!seen.settled) {
      if (this.#now() - this.#seenSince >= LEASE_MS) await this.#settle(seen.epoch)
    } else if (seen.cache === OFF) {
      const everyoneReaches = this.#live(seen).every((member) => member.reaches === reaches)
      if (reaches && this.current() && everyoneReaches) await this.#propose(seen.epoch, reaches)
    } else if (this.#isLost(seen, reaches)) {
      await this.#propose(seen.epoch, OFF)
    }
  }

  /**
   * Another process answers, or none has for a while, and nobody else reaches it either: one instance that starts
   * slowly or is wrongly configured does not turn the cache off for all. Its first write will, if it has to.
   */
  #isLost(seen: Epoch, reaches: string | undefined): boolean {
    if (reaches === seen.cache || this.#live(seen).some((member) => member.reaches === seen.cache)) {
      this.#unreachableSince = undefined
      return false
    }
    this.#unreachableSince ??= this.#now()
    return reaches !== undefined || this.#now() - this.#unreachableSince >= GIVE_UP_MS
  }

  async #settle(number: number): Promise<void> {
    const sent = this.#now()
    const epoch = await this.#options.epochs.settle(number)
    if (epoch) this.#observe(epoch, sent)
  }

  async #propose(number: number, cache: string): Promise<void> {
    const sent = this.#now()
    const epoch = await this.#options.epochs.propose(number, cache).catch((err) => {
      this.#options.log.warn({ reason: String(err), epoch: number }, 'cache epoch proposal failed')
      return null
    })
    if (!epoch) return this.#schedule(0)
    this.#options.log.warn(
      { epoch: epoch.epoch, cache },
      cache === OFF ? 'cache turned off' : 'cache turned on',
    )
    this.#observe(epoch, sent)
    this.#schedule(RETRY_MS)
  }

  /** Epochs only grow, but a database that is restored from a backup does not know: leases on what it forgot are waited out. */
  async #raise(from: number, to: number): Promise<void> {
    const sent = this.#now()
    const epoch = await this.#options.epochs.propose(from, OFF, to)
    if (!epoch) return
    this.#options.log.error(
      { epoch: from, seen: to - 1 },
      'the cache epoch went back: was the database restored?',
    )
    this.#observe(epoch, sent)
  }

  #observe(epoch: Epoch, sent: number): void {
    if (this.#seen && epoch.epoch < this.#seen.epoch) return
    if (epoch.epoch !== this.#seen?.epoch) {
      if (this.#seen) this.#options.metrics.epochChanged()
      this.#seenSince = this.#now()
      this.#unreachableSince = undefined
    }
    this.#seen = epoch
    this.#until = Math.max(sent + LEASE_MS - MARGIN_MS, this.#lease?.epoch === epoch.epoch ? this.#until : 0)
    this.#lease = { epoch: epoch.epoch, cache: epoch.cache, readable: epoch.settled && epoch.cache !== OFF }
    this.#wakeAll()
  }

  #live(seen: Epoch) {
    return liveMembers(seen, this.#member)
  }

  #nextObservation(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, timeout)
      this.#waiting.add(wake)
    })
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
