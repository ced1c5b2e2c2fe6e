import type { Schedule } from './schedule.ts'

export type Kind = 'read' | 'write' | 'login'

/** One request that was due. Times are ms since the load began; what they say is the client's own view. */
export interface Sample {
  readonly kind: Kind
  readonly due: number
  /** Later than `due` when as many requests as allowed were under way, or the generator was late */
  readonly sent: number
  readonly end: number
  /** 0: no complete answer */
  readonly status: number
}

/** Success of each kind; everything else is a failure. */
const SUCCESS: Readonly<Record<Kind, number>> = { read: 200, write: 201, login: 200 }

export function isSuccess({ kind, status }: Pick<Sample, 'kind' | 'status'>): boolean {
  return status === SUCCESS[kind]
}

/** ms from the moment a request was due: a slow system cannot hide that others had to wait for it. */
export function latencyOf({ due, end }: Sample): number {
  return end - due
}

/** What the requests are. */
export interface Workload {
  /** Sends the next request. @returns its kind, and its status when it is over (0: no complete answer) */
  send(): { kind: Kind; status: Promise<number> }
}

export interface OpenLoopOptions {
  readonly schedule: Schedule
  readonly workload: Workload
  /** Requests under way at most; more that are due wait, and their waiting counts as latency */
  readonly mostInFlight?: number
  /** Monotonic milliseconds */
  readonly now?: () => number
}

const MOST_IN_FLIGHT = 256

/**
 * Starts requests when they are due, whatever becomes of the earlier ones: a system that slows down is not offered
 * less. Every request is recorded with the time at which it should have started, so coordinated omission would show.
 */
export class OpenLoop {
  readonly samples: Sample[] = []
  readonly startedAt: number
  readonly #options: Required<OpenLoopOptions>
  readonly #finished: Promise<void>
  #finish: () => void = () => {}
  #next = 0
  #inFlight = 0
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor({ schedule, workload, mostInFlight = MOST_IN_FLIGHT, now }: OpenLoopOptions) {
    this.#options = { schedule, workload, mostInFlight, now: now ?? (() => performance.now()) }
    this.startedAt = this.#options.now()
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#run()
  }

  get schedule(): Schedule {
    return this.#options.schedule
  }

  /** ms since the load began */
  get elapsed(): number {
    return this.#options.now() - this.startedAt
  }

  /** Resolves when the schedule is through, or the load was stopped, and the last answer is here. */
  get finished(): Promise<void> {
    return this.#finished
  }

  /** Nothing more is sent; resolves when the last answer is here. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#run()
    return this.#finished
  }

  /** Sends what is due and sets a timer for the next; with as many under way as allowed it runs again at each answer. */
  #run(): void {
    clearTimeout(this.#timer)
    for (;;) {
      const due = this.#stopped ? undefined : this.#options.schedule.dueAt(this.#next)
      if (due === undefined) {
        if (this.#inFlight === 0) this.#finish()
        return
      }
      if (this.#inFlight >= this.#options.mostInFlight) return
      const wait = due * 1000 - this.elapsed
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#run(), wait)
        return
      }
      this.#next++
      this.#send(due * 1000)
    }
  }

  #send(due: number): void {
    this.#inFlight++
    const sent = this.elapsed
    const { kind, status } = this.#options.workload.send()
    void status.then((status) => {
      this.samples.push({ kind, due, sent, end: this.elapsed, status })
      this.#inFlight--
      this.#run()
    })
  }
}
