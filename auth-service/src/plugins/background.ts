import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

export interface BackgroundJob {
  name: string
  everyMs: number
  /** Repeatable, also by several instances at once; stops early when the signal is aborted. */
  run: (signal: AbortSignal) => Promise<void>
}

/**
 * Runs a job again and again while the app is up; a failure is logged once and the job tried again.
 * @returns a function that lets it run now
 */
export function runInBackground(app: FastifyInstance, job: BackgroundJob): () => void {
  const closed = new AbortController()
  let wake = new AbortController()
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
      const signal = AbortSignal.any([closed.signal, wake.signal])
      await sleep(job.everyMs, undefined, { signal }).catch(() => undefined)
      wake = new AbortController()
    }
  }

  app.addHook('onReady', async () => {
    loop = repeat()
  })
  app.addHook('onClose', async () => {
    closed.abort()
    await loop
  })
  return () => wake.abort()
}
