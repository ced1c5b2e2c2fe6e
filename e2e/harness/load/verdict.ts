import { keepHistory } from '../history-file.ts'
import { describeViolation, findViolations } from '../judge.ts'
import { allTitles, type Person } from '../people.ts'
import { isSuccess, type Kind, latencyOf, type OpenLoop, type Sample } from './open-loop.ts'
import { type Reconciliation, reconcile } from './reconcile.ts'
import type { TaskWorkload } from './workloads.ts'

const DESCRIBED_VIOLATIONS = 5
const NAMED_EXAMPLES = 3
/** A run with fewer acknowledged tasks shows nothing */
const WORTH_LOSING = 20

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

export interface Verdict extends Reconciliation {
  readonly reads: Tally
  readonly writes: Tally
  readonly refusals: Readonly<Record<string, number>>
  readonly staleReads: readonly string[]
  readonly stale: number
}

/** One thing that was promised, and what was seen. */
export interface Check {
  readonly what: string
  readonly holds: boolean
  readonly found: string
  /** A machine that is too slow can break it, too */
  readonly needsSpeed?: boolean
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
export async function verdictOn(
  load: OpenLoop,
  workload: TaskWorkload,
  baseUrl: string,
  people: readonly Person[],
): Promise<Verdict> {
  const found: string[][] = []
  for (const person of people) found.push(await allTitles(baseUrl, person))
  const violations = findViolations(workload.history)
  const kept = violations.length > 0 ? [`kept: ${await keepHistory(workload.history, 'under-load')}`] : []
  return {
    reads: tally(load.samples, 'read'),
    writes: tally(load.samples, 'write'),
    refusals: Object.fromEntries(workload.refusals),
    ...reconcile(workload.posted, workload.acknowledged, found),
    stale: violations.length,
    staleReads: [
      ...kept,
      ...violations
        .slice(0, DESCRIBED_VIOLATIONS)
        .map((violation) => describeViolation(workload.history, violation, load.startedAt)),
    ],
  }
}

function none(what: string, count: number, examples: readonly string[]): Check {
  const named = examples.slice(0, NAMED_EXAMPLES).join('; ')
  return { what, holds: count === 0, found: count === 0 ? 'none' : `${count}: ${named}` }
}

function noneFailed(method: string, { requests, failed }: Tally): Check {
  return {
    what: `no ${method} failed`,
    holds: failed === 0,
    found: `${failed} of ${requests}`,
    needsSpeed: true,
  }
}

/** Holds whatever fails meanwhile: each acknowledged task is there, once; no list is older than an acknowledgement; no error is a 500. */
export function dataPromisesOf(verdict: Verdict): Check[] {
  const { lost, doubled, invented, stale, staleReads, acknowledged, refusals } = verdict
  const unforeseen = Object.keys(refusals).filter((refusal) => / 500\b/.test(refusal))
  return [
    none(`no acknowledged POST is lost (${acknowledged})`, lost.length, lost),
    none('no task is there twice', doubled.length, doubled),
    none('no task is there that nobody asked for', invented.length, invented),
    none('no stale read', stale, staleReads),
    none('no answer is a 500', unforeseen.length, unforeseen),
    {
      what: 'there was something to lose',
      holds: acknowledged > WORTH_LOSING,
      found: `${acknowledged} tasks`,
      needsSpeed: true,
    },
  ]
}

/** Holds in every run in which the database stays up: no read fails, and the data is right. */
export function promisesOf(verdict: Verdict): Check[] {
  return [noneFailed('GET', verdict.reads), ...dataPromisesOf(verdict)]
}

/** Holds in addition where every instance ends in good order. */
export function noWriteFailed({ writes }: Verdict): Check {
  return noneFailed('POST', writes)
}

/** One line about a run. */
export function describe({ reads, writes, refusals, ...rest }: Verdict): string {
  const part = (name: string, { requests, failed, p50, p99, max }: Tally) =>
    `${requests} ${name}, ${failed} failed, p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${max.toFixed(0)} ms`
  const { acknowledged, lost, doubled, stale } = rest
  const refused = Object.entries(refusals).map(([name, count]) => `${count} × ${name}`)
  return [
    part('reads', reads),
    part('writes', writes),
    `${acknowledged} acknowledged, ${lost.length} lost, ${doubled.length} doubled`,
    `${stale} stale reads`,
    ...refused,
  ].join('; ')
}
