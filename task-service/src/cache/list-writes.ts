import { setTimeout as sleep } from 'node:timers/promises'
import type { CacheMetrics } from './cache-metrics.ts'
import { NotAnnounced, NothingWritten, orUndefined, TooManyWriters } from './errors.ts'
import { LateSteps } from './late-steps.ts'
import type { ListPage } from './list-page.ts'
import { type Epochs, type Lease, type ListStore, type Load, OFF } from './ports.ts'
import { TIMING, type Timing } from './timing.ts'

interface Parts {
  store: Pick<ListStore, 'token' | 'mark' | 'unmark' | 'abandon'>
  epochs: Epochs
  load: Load
  metrics: CacheMetrics
  /** Put the new list into the cache when a write was alone, rather than leave it to the next reader */
  writeThrough: boolean
  timing?: Timing
  /** Monotonic milliseconds */
  now?: () => number
}

/** One write. Its deadline is in monotonic milliseconds. */
interface Write {
  readonly owner: string
  readonly token: string
  readonly deadline: number
}

interface Begun {
  lease: Lease
  /** The only write of this owner at its beginning */
  alone: boolean
  /** Later, its mark might not outlive it. */
  commitBy: number
}

/** The writer's half of the protocol: mark, write, unmark, and only then the acknowledgement. */
export class ListWrites {
  readonly #parts: Parts
  readonly #timing: Timing
  readonly #now: () => number
  readonly #late: LateSteps

  constructor(parts: Parts) {
    this.#parts = parts
    this.#timing = parts.timing ?? TIMING
    this.#now = parts.now ?? (() => performance.now())
    this.#late = new LateSteps({ ...parts, timing: this.#timing, now: this.#now })
  }

  /**
   * Runs `commit` between mark and unmark; its result may be acknowledged once this returns.
   * @throws NothingWritten · NotAnnounced · TooManyWriters · whatever `commit` throws
   */
  async write<T>(owner: string, deadline: number, commit: () => Promise<T>): Promise<T> {
    const { store, load, writeThrough } = this.#parts
    const write = { owner, token: store.token(), deadline }
    const begun = await this.#begin(write)
    const result = await this.#commit(write, begun, commit)
    const page = begun.alone && writeThrough ? await load(owner).catch(() => undefined) : undefined
    await this.#finish(write, begun.lease, page)
    return result
  }

  stop(): void {
    this.#late.stop()
  }

  async #begin(write: Write): Promise<Begun> {
    const { store, epochs, metrics } = this.#parts
    const { owner, token, deadline } = write
    let failed: Lease | undefined
    do {
      const lease = await epochs.writable(deadline)
      if (!lease) break
      if (lease.redisRun === OFF) return { lease, alone: false, commitBy: deadline }
      const commitBy = Math.min(deadline, this.#now() + this.#timing.markToCommitMs)
      const mark = await this.#patiently(lease, deadline, () => store.mark(lease, owner, token))
      if (mark === 'full') throw new TooManyWriters()
      if (mark) {
        metrics.write(mark === 'alone' ? 'marked' : 'joined')
        // Until the epoch is settled a write elsewhere need not leave a mark, so nothing may be stored.
        return { lease, alone: mark === 'alone' && lease.readable, commitBy }
      }
      failed = lease
      if (this.#now() < deadline) await epochs.proposeOff(lease)
    } while (this.#now() < deadline)
    // Whether a MARK that failed has reached Redis is not known.
    if (failed) this.#unmarkLate(write, failed)
    throw new NothingWritten()
  }

  async #commit<T>(write: Write, { lease, commitBy }: Begun, commit: () => Promise<T>): Promise<T> {
    const { store, metrics } = this.#parts
    const { owner, token } = write
    try {
      if (this.#now() >= commitBy) throw new NothingWritten()
      return await commit()
    } catch (err) {
      if (lease.redisRun === OFF) throw err
      // NothingWritten has changed nothing; after anything else the write may have been made, or may be yet.
      const isUnknown = !(err instanceof NothingWritten)
      metrics.write(isUnknown ? 'abandoned' : 'withdrawn')
      await this.#late.attempt(lease, () =>
        isUnknown ? store.abandon(lease, owner, token) : store.unmark(lease, owner, token, undefined),
      )
      throw err
    }
  }

  /** Returns when the write may be acknowledged: unmarked under a lease that still holds, or with the cache off. */
  async #finish(write: Write, begun: Lease, written: ListPage | undefined): Promise<void> {
    const { store, epochs, metrics } = this.#parts
    const { owner, token, deadline } = write
    let lease = begun
    let page = written
    for (;;) {
      const under = lease
      const step =
        under.redisRun === OFF
          ? 'off'
          : await this.#patiently(under, deadline, () => store.unmark(under, owner, token, page))
      if (step && step !== 'off') metrics.write(step)
      if (!step) metrics.unmarkFailed()
      if (step && epochs.holds(under)) return
      if (!step && this.#now() < deadline) await epochs.proposeOff(under)
      // The write is in MongoDB, but readers may still use a Redis that never saw its mark.
      page = undefined
      const next = await epochs.writable(deadline)
      if (!next || this.#now() >= deadline) {
        if (!step) this.#unmarkLate(write, under)
        throw new NotAnnounced()
      }
      lease = next
    }
  }

  /** To the others an instance past its deadline is one that crashed: it turns nothing off, and tidies up when it can. */
  #unmarkLate({ owner, token }: Write, lease: Lease): void {
    this.#late.add(lease, () => this.#parts.store.unmark(lease, owner, token, undefined))
  }

  /** Retries while Redis does not answer; undefined when it has not within the patience a write has. */
  async #patiently<T>(lease: Lease, deadline: number, command: () => Promise<T>): Promise<T | undefined> {
    let patience = this.#timing.patienceMs
    for (;;) {
      const tried = this.#now()
      const result = await orUndefined(command())
      if (result !== undefined || !this.#parts.epochs.holds(lease)) return result
      await sleep(this.#timing.redisRetryMs)
      patience -= Math.min(this.#now() - tried, this.#timing.tryMs)
      if (patience <= 0 || this.#now() >= deadline) return undefined
    }
  }
}
