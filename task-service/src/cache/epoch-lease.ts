import { randomBytes } from 'node:crypto'
import type { CacheMetrics } from './cache-metrics.ts'
import {
  type Action,
  decide,
  type EpochState,
  leaseAt,
  NOTHING_SEEN,
  type Notice,
  type Observation,
  type Proposal,
  pauseAfter,
  writableLease,
} from './epoch-decisions.ts'
import type { Epoch, EpochStore, Epochs, Lease, Log } from './ports.ts'
import { TIMING, type Timing } from './timing.ts'

interface Options {
  epochs: EpochStore
  /** Run id of the Redis process that answers this instance at the moment, or undefined. */
  reaches: () => string | undefined
  metrics: CacheMetrics
  log: Log
  /** Monotonic milliseconds */
  now?: () => number
  timing?: Timing
}

/**
 * Closes the split-brain hole of a cache beside a database: an instance that cannot reach Redis may write without
 * marking only when no other instance can still answer from it. What happens when is decided in epoch-decisions.ts;
 * this is the loop that asks the document, keeps the state and lets writes wait.
 */
export class EpochLease implements Epochs {
  readonly #options: Options
  readonly #now: () => number
  readonly #self: { member: string; timing: Timing }
  #state: EpochState = NOTHING_SEEN
  readonly #waiting = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #proposing: Promise<void> | undefined
  #running: Promise<void> | undefined
  #stopped = false

  constructor(options: Options) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#self = { member: randomBytes(6).toString('hex'), timing: options.timing ?? TIMING }
  }

  current(): Lease | undefined {
    return leaseAt(this.#state, this.#now())
  }

  holds(lease: Lease): boolean {
    return this.current()?.epoch === lease.epoch
  }

  async writable(deadline: number): Promise<Lease | undefined> {
    for (;;) {
      const lease = writableLease(this.#state, this.#now())
      if (lease) return lease
      const remaining = deadline - this.#now()
      if (remaining <= 0 || this.#stopped) return undefined
      await this.#nextObservation(remaining)
    }
  }

  /** Returns once the proposal was made or has failed; writes that fail at the same time make one together. */
  async proposeOff(lease: Lease): Promise<void> {
    this.#proposing ??= this.#observe({ kind: 'redis failed', lease }).finally(() => {
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
      this.#running ??= this.#renew().finally(() => {
        this.#running = undefined
        this.#schedule(pauseAfter(this.#state, this.#self.timing))
      })
    }, delay)
  }

  async #renew(): Promise<void> {
    try {
      await this.#observe({ kind: 'due', reaches: this.#options.reaches() })
    } catch (err) {
      await this.#observe({ kind: 'failed' }, String(err))
    }
  }

  async #observe(observation: Observation, reason?: string): Promise<void> {
    const { state, actions } = decide(this.#state, observation, this.#now(), this.#self)
    this.#state = state
    this.#wakeAll()
    for (const action of actions) await this.#carryOut(action, reason)
  }

  async #carryOut(action: Action, reason: string | undefined): Promise<void> {
    const { epochs, reaches } = this.#options
    const sent = this.#now()
    switch (action.do) {
      case 'renew': {
        const epoch = await epochs.renew(this.#self.member, action.reaches, action.forget)
        return this.#observe({ kind: 'renewed', epoch, sent, reaches: reaches() })
      }
      case 'prepare':
        return epochs.prepare(action.settled)
      case 'settle':
        return this.#observe({ kind: 'settled', epoch: await epochs.settle(action.epoch), sent })
      case 'propose':
        return this.#observe({ kind: 'proposed', epoch: await this.#propose(action), sent, as: action })
      case 'look again':
        return this.#schedule(action.inMs)
      case 'tell':
        return this.#tell(action.notice, { epoch: action.epoch, reason })
    }
  }

  /** A proposal that fails is no error for the write that made it: it looks what the document says by now. */
  async #propose({ epoch, redisRun, successor }: Proposal): Promise<Epoch | null> {
    try {
      return await this.#options.epochs.propose(epoch, redisRun, successor)
    } catch (err) {
      this.#options.log.warn({ reason: String(err), epoch }, 'cache epoch proposal failed')
      return null
    }
  }

  #tell(notice: Notice, fields: object): void {
    const { log, metrics } = this.#options
    if (notice === 'changed') metrics.epochChanged()
    if (notice === 'not renewed') log.warn(fields, 'cache epoch lease not renewed')
    if (notice === 'renewed again') log.info(fields, 'cache epoch lease renewed again')
    if (notice === 'turned on') log.warn(fields, 'cache turned on')
    if (notice === 'turned off') log.warn(fields, 'cache turned off')
    if (notice === 'went back') log.error(fields, 'the cache epoch went back: was the database restored?')
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
