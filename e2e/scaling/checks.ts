import type { Sample } from '../harness/load/open-loop.ts'
import { type Check, type Tally, tally } from '../harness/load/verdict.ts'
import { msUntil, type ReplicaSample, type Replicas, seenBetween } from './replicas.ts'

const TASKS = 'task-service'
const AUTH = 'auth-service'
/** Of the reads until a crashed pod is back. */
const CRASH_SHARE = 0.01
const seconds = (ms: number | undefined) => (ms === undefined ? 'never' : `after ${(ms / 1000).toFixed(0)} s`)

/** Moments of a ramp run, ms since the load began. */
export interface RampTimes {
  readonly rampAt: number
  readonly endOfLoadAt: number
  readonly endAt: number
}

export interface RampLimits {
  readonly podsWanted: number
  readonly outMs: number
  readonly inMs: number
}

/** A quiet load changes nothing; a ramp brings pods in time, of task-service alone; after it the minimum returns. */
export function rampChecks(samples: readonly ReplicaSample[], times: RampTimes, limits: RampLimits): Check[] {
  const { rampAt, endOfLoadAt, endAt } = times
  const quiet = seenBetween(samples, TASKS, 0, rampAt).desired
  const auth = seenBetween(samples, AUTH, 0, endAt).desired
  const minimum = quiet[0] ?? 0
  const enough = ({ ready }: Replicas) => ready >= limits.podsWanted
  const back = ({ desired, ready }: Replicas) => desired === minimum && ready === minimum
  const out = msUntil(samples, TASKS, rampAt, enough)
  const most = seenBetween(samples, TASKS, rampAt, endAt).ready.at(-1)
  const inAgain = msUntil(samples, TASKS, endOfLoadAt, back)
  return [
    {
      what: `${rampAt / 1000} s of quiet load change nothing`,
      holds: quiet.length === 1,
      found: `${quiet.join(', ')} pods wanted`,
    },
    {
      what: `${limits.podsWanted} task-service pods are ready within ${limits.outMs / 1000} s of the ramp`,
      holds: out !== undefined && out <= limits.outMs,
      found: `${seconds(out)}, ${most} at most`,
    },
    {
      what: 'auth-service stays as it is',
      holds: auth.length === 1,
      found: `${auth.join(', ')} pods wanted`,
    },
    {
      what: `the minimum returns within ${limits.inMs / 1000} s`,
      holds: inAgain !== undefined && inAgain <= limits.inMs,
      found: `${minimum} pods ${seconds(inAgain)}`,
    },
  ]
}

export interface StormTimes {
  readonly stormAt: number
  readonly endOfStormAt: number
}

/** A storm of log-ins brings pods of auth-service, and the tasks hardly notice. @param p99Ratio p99 of reads in the storm to that before it */
export function stormChecks(
  replicas: readonly ReplicaSample[],
  samples: readonly Sample[],
  { stormAt, endOfStormAt }: StormTimes,
  p99Ratio: number,
): Check[] {
  const before = seenBetween(replicas, AUTH, 0, stormAt).ready.at(-1) ?? 0
  const more = msUntil(replicas, AUTH, stormAt, ({ ready }) => ready > before)
  const during = samples.filter(({ due }) => due >= stormAt && due < endOfStormAt)
  const { p99 } = tally(during, 'read')
  const quiet = tally(
    samples.filter(({ due }) => due < stormAt),
    'read',
  )
  return [
    {
      what: 'auth-service grows in a storm of log-ins',
      holds: more !== undefined && stormAt + more <= endOfStormAt,
      found: `from ${before} ready pods to more ${seconds(more)}, ${seenBetween(replicas, AUTH, stormAt, Number.POSITIVE_INFINITY).ready.at(-1)} at most`,
    },
    {
      what: `p99 of task reads stays below ${p99Ratio} times what it was before`,
      holds: during.length > 0 && quiet.requests > 0 && p99 < quiet.p99 * p99Ratio,
      found: `${p99.toFixed(1)} ms in the storm, ${quiet.p99.toFixed(1)} ms before`,
    },
  ]
}

/** All that is done in good order, and every fault that the system is told of, fails no read. */
export function disturbanceChecks(all: Tally, crash: Tally): Check[] {
  const failed = all.failed - crash.failed
  return [
    {
      what: 'no GET failed, but for those of the crash',
      holds: failed === 0,
      found: `${failed} of ${all.requests - crash.requests}`,
    },
    // Nobody knows at once that a process is gone: a proxy may meet it as often as it tries.
    {
      what: `a crash fails less than ${CRASH_SHARE * 100} % of the reads until the pod is back`,
      holds: crash.requests > 0 && crash.failed < crash.requests * CRASH_SHARE,
      found: `${crash.failed} of ${crash.requests}`,
    },
  ]
}
