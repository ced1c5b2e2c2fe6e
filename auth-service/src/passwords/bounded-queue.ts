import { HashingBusy } from '../errors.ts'

export interface QueueLimits {
  /** Jobs at once */
  concurrency: number
  /** Jobs waiting at most */
  waiting: number
  /** A job that has not begun by then is refused (ms) */
  deadlineMs: number
}

interface Waiting {
  start: () => void
  timer: NodeJS.Timeout
}

/**
 * Runs expensive jobs a few at a time. Without it every log-in would start hashing at once and starve the requests
 * of everyone else; with it a flood is answered early and cheaply.
 */
export class BoundedQueue {
  readonly #limits: QueueLimits
  readonly #waiting = new Set<Waiting>()
  #running = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** Jobs that wait for their turn. */
  get depth(): number {
    return this.#waiting.size
  }

  /** @throws HashingBusy when the queue is full or the deadline passes before the job's turn */
  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limits.concurrency) this.#running++
    else await this.#turn()
    try {
      return await job()
    } finally {
      this.#pass()
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.#limits.waiting) return Promise.reject(new HashingBusy())
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        start: resolve,
        timer: setTimeout(() => {
          this.#waiting.delete(entry)
          reject(new HashingBusy())
        }, this.#limits.deadlineMs),
      }
      this.#waiting.add(entry)
    })
  }

  /** Hands the place of a finished job to the one that waited longest. */
  #pass(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#running--
      return
    }
    this.#waiting.delete(next)
    clearTimeout(next.timer)
    next.start()
  }
}
