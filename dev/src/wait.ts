import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/**
 * Asks again until the condition holds.
 * @param timeoutMs limit for the whole wait
 * @throws Error naming `what` when the limit passes, or whatever `condition` throws
 */
export async function waitUntil(
  what: string,
  timeoutMs: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs / 1000} s.`)
    await sleep(POLL_MS)
  }
}
