import { setTimeout as sleep } from 'node:timers/promises'

const DEADLINE_MS = 20_000
const STEP_MS = 20

/** Waits for a condition. @throws Error naming it after 20 s */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + DEADLINE_MS
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not so after ${DEADLINE_MS} ms: ${what}`)
    await sleep(STEP_MS)
  }
}
