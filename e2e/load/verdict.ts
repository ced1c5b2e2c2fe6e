import { describeViolation, findViolations } from '../consistency/history-check.ts'
import { type Account, account } from './accounting.ts'
import { isSuccess, type Kind, latencyOf, type OpenLoop, type Sample } from './open-loop.ts'
import { allTitles, type Person } from './people.ts'
import type { TaskWorkload } from './workloads.ts'

const DESCRIBED_VIOLATIONS = 5

export interface Latencies {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** What became of the requests of one kind; milliseconds. */
export interface Tally extends Latencies {
  readonly requests: number
  readonly failed: number
  /** The same from the moment of sending: much less than the others means that the generator was late or held back */
  readonly sinceSent: Latencies
}

export interface Verdict extends Account {
  readonly reads: Tally
  readonly writes: Tally
  readonly refusals: Readonly<Record<string, number>>
  readonly staleReads: readonly string[]
  readonly stale: number
}

/** Nearest-rank percentile of numbers in any order; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  return ofSorted(Float64Array.from(values).sort(), share)
}

function ofSorted(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function latencies(values: readonly number[]): Latencies {
  const sorted = Float64Array.from(values).sort()
  return { p50: ofSorted(sorted, 0.5), p99: ofSorted(sorted, 0.99), max: ofSorted(sorted, 1) }
}

export function tally(samples: readonly Sample[], kind: Kind): Tally {
  const own = samples.filter((sample) => sample.kind === kind)
  return {
    requests: own.length,
    failed: own.filter((sample) => !isSuccess(sample)).length,
    ...latencies(own.map(latencyOf)),
    sinceSent: latencies(own.map(({ sent, end }) => end - sent)),
  }
}

/** Holds what was promised against what is there. Call it when the load has stopped. */
export async function judge(
  load: OpenLoop,
  workload: TaskWorkload,
  baseUrl: string,
  people: readonly Person[],
): Promise<Verdict> {
  const found: string[][] = []
  for (const person of people) found.push(await allTitles(baseUrl, person))
  const violations = findViolations(workload.history)
  return {
    reads: tally(load.samples, 'read'),
    writes: tally(load.samples, 'write'),
    refusals: Object.fromEntries(workload.refusals),
    ...account(workload.posted, workload.acknowledged, found),
    stale: violations.length,
    staleReads: violations
      .slice(0, DESCRIBED_VIOLATIONS)
      .map((violation) => describeViolation(workload.history, violation, load.startedAt)),
  }
}
