const TICK_MS = 100
/** A gap this long between two ticks was no busy moment: the process stood still. */
const STALL_MS = 1_000
/** For so long after a stall, requests are read that had been waiting in the sockets. */
const BACKLOG_MS = 1_000

/**
 * When a request arrived, at the earliest. A process that was frozen finds requests in its sockets that came at any time
 * meanwhile, and whose clients have long gone elsewhere: they count as having arrived when it froze, so that a late
 * write is refused and cannot undo a newer one. Monotonic milliseconds.
 */
export class ArrivalClock {
  readonly #now: () => number
  #ticked: number
  #frozeAt = Number.NEGATIVE_INFINITY
  #wokeAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#ticked = now()
  }

  start(): void {
    this.#ticked = this.#now()
    this.#timer = setInterval(() => this.tick(), TICK_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  tick(): void {
    const now = this.#now()
    if (now - this.#ticked >= STALL_MS) {
      this.#frozeAt = this.#ticked
      this.#wokeAt = now
    }
    this.#ticked = now
  }

  /** @param elapsedMs since this process has read the request */
  arrivalOf(elapsedMs: number): number {
    // After a freeze sockets may be read before timers run.
    this.tick()
    const read = this.#now() - elapsedMs
    return read - this.#wokeAt <= BACKLOG_MS ? Math.min(read, this.#frozeAt) : read
  }
}
