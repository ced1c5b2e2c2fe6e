import type { Tally, Verdict } from './verdict.ts'

/** Ninety requests, none of which failed. */
export const NONE_FAILED: Tally = {
  requests: 90,
  failed: 0,
  p50: 3,
  p99: 9.5,
  max: 12,
  sinceSent: { p50: 2, p99: 8, max: 11 },
}

/** Of a run in which every promise was kept. */
export const KEPT: Verdict = {
  reads: NONE_FAILED,
  writes: { ...NONE_FAILED, requests: 21 },
  refusals: {},
  lost: [],
  doubled: [],
  invented: [],
  acknowledged: 21,
  unacknowledgedButThere: 0,
  stale: 0,
  staleReads: [],
}
