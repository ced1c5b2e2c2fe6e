import type { Measurement, Plan } from './measure.ts'

/** The most reads that a run asks for, on a machine that carries them in its time. */
const ALL_READS = 200_000
/** Of all faults together, at the rate of the undisturbed system */
const SECONDS = 40
/** What a fault leaves of that rate: an instance that starts takes half of a small machine for a second. */
const LEFT_SHARE = 0.5
/** A run is given up, and void, when it takes so many times as long as the undisturbed rate promised. */
const PATIENCE = 4
/** Each fault has to be injected a few times. */
const LEAST_SECONDS = 8

/** Of all reads, under each fault. Most come under those that cost little. */
export const SHARES: Readonly<Record<string, number>> = {
  'kill-instance': 0.1,
  'redis-restart': 0.1,
  'redis-eviction': 0.3,
  'redis-reset': 0.5,
}

/** A machine that carries less than this of what it did at first was given other work meanwhile. */
const SAME_MACHINE_SHARE = 0.5

export interface Demand {
  readonly describe: string
  under(fault: string): Pick<Plan, 'seconds' | 'minReads' | 'mostSeconds'>
  /** Why fewer reads say nothing about the product, undefined when they do */
  excuse(run: Pick<Measurement, 'calmRate' | 'rateAfter' | 'shortfall'>): string | undefined
}

/** How many reads a run under faults has to come to, by what the undisturbed system has just carried. */
export function demandOf({
  reads,
  seconds,
  rate: before,
}: Pick<Measurement, 'reads' | 'seconds' | 'rate'>): Demand {
  const rate = reads / seconds
  const all = Math.min(ALL_READS, Math.floor(rate * SECONDS * LEFT_SHARE))
  return {
    describe: `${all} reads under faults${all < ALL_READS ? `, where a faster one is asked for ${ALL_READS}` : ''}`,
    under(fault) {
      const minReads = Math.floor(all * (SHARES[fault] ?? 0))
      const mostSeconds = Math.max(LEAST_SECONDS, (PATIENCE * minReads) / Math.max(1, rate))
      return { seconds: LEAST_SECONDS, minReads, mostSeconds }
    },
    excuse({ calmRate, rateAfter, shortfall }) {
      const carried = Math.min(calmRate, rateAfter)
      if (shortfall !== undefined || carried >= before * SAME_MACHINE_SHARE) return shortfall
      return `undisturbed it carried ${before.toFixed(0)} operations/s at first and ${carried.toFixed(0)} then`
    },
  }
}
