import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/**
 * Asks again until the condition holds.
 * @param timeoutMs limit for the whole wait
 * @param seen what was seen instead, for the error
 * @returns how long that took, in milliseconds
 * @throws Error naming `what` when the limit passes, or whatever `condition` throws
 */
export async function waitUntil(
  what: string,
  timeoutMs: number,
  condition: () => Promise<boolean>,
  seen = () => '',
): Promise<number> {
  const started = performance.now()
  while (!(await condition())) {
    if (performance.now() - started > timeoutMs)
      throw new Error(`${what} did not happen within ${timeoutMs / 1000} s.${seen()}`)
    await sleep(POLL_MS)
  }
  return performance.now() - started
}
