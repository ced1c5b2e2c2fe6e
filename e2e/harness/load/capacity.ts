import { isSuccess, type Workload } from './open-loop.ts'

const AT_ONCE = 16
const SECONDS = 3

/** Requests a second that a system carries at this moment: good answers to clients who ask again as soon as they have one. */
export async function carriedRate(
  workload: Workload,
  { atOnce = AT_ONCE, seconds = SECONDS, now = () => performance.now() } = {},
): Promise<number> {
  const started = now()
  const elapsed = () => (now() - started) / 1000
  let good = 0
  async function client(): Promise<void> {
    while (elapsed() < seconds) {
      const { kind, status } = workload.send()
      if (isSuccess({ kind, status: await status })) good++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return good / elapsed()
}
