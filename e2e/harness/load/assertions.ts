import type { Test } from 'tap'
import { type Check, describe, promisesOf, type Verdict } from './verdict.ts'

/** Asserts every check, with what was seen. */
export function assertChecks(t: Test, checks: readonly Check[]): void {
  for (const { what, holds, found } of checks) t.ok(holds, `${what}: ${found}`)
}

/** Says what a run came to, and asserts its promises. @param promises all of them, when left out */
export function assertPromises(
  t: Test,
  verdict: Verdict,
  promises: readonly Check[] = promisesOf(verdict),
): void {
  t.comment(describe(verdict))
  assertChecks(t, promises)
}
