import { setTimeout as sleep } from 'node:timers/promises'

/** Generous: a limit is there to end a run that hangs, not to measure one. */
const DEADLINE_MS = 300_000
const STEP_MS = 20

/** Waits for a condition. @throws Error naming it after five minutes */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not so after ${DEADLINE_MS} ms: ${what}`)
    await sleep(STEP_MS)
  }
}
