import type { Test } from 'tap'
import { VoidRun } from './machine.ts'
import type { Trial } from './under-load.ts'
import { type Check, describe, promisesOf, type Verdict } from './verdict.ts'

/** A void run is made once more. */
const ATTEMPTS = 2

/** Asserts every check, with what was seen. */
export function assertChecks(t: Test, checks: readonly Check[]): void {
  for (const { what, holds, found } of checks) t.ok(holds, `${what}: ${found}`)
}

/**
 * Why a run says nothing about the product: the machine fell short, and nothing is broken that a machine cannot break
 * by being slow. A task that is lost, doubled or stale is never void.
 */
export function voidReason(
  { shortfall }: Pick<Trial, 'shortfall'>,
  checks: readonly Check[],
): string | undefined {
  const broken = checks.filter(({ holds }) => !holds)
  if (shortfall === undefined || broken.length === 0) return undefined
  return broken.every(({ needsSpeed }) => needsSpeed) ? shortfall : undefined
}

/**
 * Says what a run under load came to, and asserts its promises. A run that is void is made once more; one that is void
 * again is skipped, with the reason.
 * @param promises the usual ones, when left out
 * @param attempts 1 where the disturbance cannot be repeated
 * @returns the verdict, undefined when there is none
 */
export async function assertUnderLoad(
  t: Test,
  run: () => Promise<Trial>,
  promises: (verdict: Verdict) => readonly Check[] = promisesOf,
  attempts = ATTEMPTS,
): Promise<Verdict | undefined> {
  let reason = ''
  for (let n = 0; n < attempts; n++) {
    const trial = await run().catch((error: unknown) => {
      if (error instanceof VoidRun) return error
      throw error
    })
    if (trial instanceof VoidRun) reason = trial.message
    else {
      const checks = promises(trial.verdict)
      t.comment(`${trial.rate} requests/s: ${describe(trial.verdict)}`)
      const shortfall = voidReason(trial, checks)
      if (shortfall === undefined) {
        assertChecks(t, checks)
        return trial.verdict
      }
      reason = shortfall
    }
    t.comment(`VOID: ${reason}`)
  }
  t.pass('the promises are kept', { skip: `VOID, each of ${attempts} times: ${reason}` })
  return undefined
}
