import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export interface BackgroundJob {
  name: string
  everyMs: number
  /** Repeatable, also by several instances at once; stops early when the signal is aborted. */
  run: (signal: AbortSignal) => Promise<void>
}

/** Runs a job again and again while the app is up; of failures in a row the first is logged. */
export function runInBackground(app: FastifyInstance, job: BackgroundJob): void {
  const closed = new AbortController()
  let failed = false
  let loop: Promise<void> = Promise.resolve()

  async function once(): Promise<void> {
    try {
      await job.run(closed.signal)
      failed = false
    } catch (err) {
      if (!failed && !closed.signal.aborted)
        app.log.warn({ err, job: job.name }, 'background job failed, will try again')
      failed = true
    }
  }

  async function repeat(): Promise<void> {
    while (!closed.signal.aborted) {
      await once()
      await sleep(job.everyMs, undefined, { signal: closed.signal }).catch(() => undefined)
    }
  }

  app.addHook('onReady', async () => {
    loop = repeat()
  })
  app.addHook('onClose', async () => {
    closed.abort()
    await loop
  })
}
