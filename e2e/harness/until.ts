import { setTimeout as sleep } from 'node:timers/promises'

/** Long on purpose: the limit ends a run that hangs, it measures nothing. */
const LIMIT_MS = 120_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 250
const GROWTH = 1.2

/**
 * Asks again until a condition holds, soon at first and less often later.
 * @returns how long that took, in ms
 * @throws Error naming `what` when the limit passes, or whatever `condition` throws
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<number> {
  const started = performance.now()
  let pause = FIRST_PAUSE_MS
  while (!(await condition())) {
    if (performance.now() - started > limitMs)
      throw new Error(`${what}: this did not happen within ${limitMs / 1000} s.`)
    await sleep(pause)
    pause = Math.min(pause * GROWTH, LONGEST_PAUSE_MS)
  }
  return performance.now() - started
}
