import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** Work that goes on while the app is up. */
export interface Job {
  start(): void
  /** Resolves when nothing of it goes on any more. */
  stop(): void | Promise<void>
}

export interface Repetition {
  name: string
  everyMs: number
  /** Repeatable, also by several instances at once; stops early when the signal is aborted. */
  run: (signal: AbortSignal) => Promise<void>
  log: { warn: (details: object, message: string) => void }
}

/** Runs something again and again; of failures in a row the first is logged. */
export function repeated({ name, everyMs, run, log }: Repetition): Job {
  const stopped = new AbortController()
  let failed = false
  let loop: Promise<void> = Promise.resolve()

  async function once(): Promise<void> {
    try {
      await run(stopped.signal)
      failed = false
    } catch (err) {
      if (!failed && !stopped.signal.aborted)
        log.warn({ err, job: name }, 'background job failed, will try again')
      failed = true
    }
  }

  async function repeat(): Promise<void> {
    while (!stopped.signal.aborted) {
      await once()
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }

  return {
    start: () => {
      loop = repeat()
    },
    stop: async () => {
      stopped.abort()
      await loop
    },
  }
}

/** Starts the jobs with the app and stops them with it. */
export function runJobs(app: FastifyInstance, jobs: readonly Job[]): void {
  for (const job of jobs) {
    app.addHook('onReady', async () => job.start())
    app.addHook('onClose', async () => job.stop())
  }
}
