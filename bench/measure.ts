import type { Case } from './cases.ts'
import { closedLoop } from './load/closed-loop.ts'
import { processorTime } from './processor.ts'

export interface Sample {
  /** Microseconds of processor time a request */
  processor: number
  perSecond: number
  /** Milliseconds */
  p50: number
  p99: number
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** @param share 0 to 1 @param sorted smallest first */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

const total = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + processorTime(pid), 0)

/** Share of answers that may be of another kind: a list whose minute in the cache is over is read again. */
const IMPURE = 0.01
const TRIES = 10
const PAUSE_MS = 1_000

async function once({ pids, workload }: Case, seconds: number): Promise<Sample> {
  const before = total(pids)
  const { requests, others, latencies } = await closedLoop(workload, seconds * 1000)
  if (others / requests > IMPURE) throw new Error(`${others} of ${requests} answers were of another kind`)
  return {
    processor: ((total(pids) - before) * 1e6) / requests,
    perSecond: requests / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

/**
 * A measurement of hits in which the cache was off for a moment is void, and made again: load and stores share a processor,
 * and a Redis that is late makes all connections ask the database.
 * @throws Error that names the case
 */
export async function measure(one: Case, seconds: number): Promise<Sample> {
  const { name, workload } = one
  for (let tried = 1; ; tried++) {
    await one.prepare?.()
    try {
      return await once(one, seconds)
    } catch (cause) {
      const reason = `${name}: ${(cause as Error).message}`
      if (workload.says === undefined || tried === TRIES) throw new Error(reason, { cause })
      console.log(`void: ${reason}`)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** All cases in turn within each round, so that what happens to the machine happens to all; medians over rounds. */
export async function medians(
  cases: readonly Case[],
  rounds: number,
  seconds: number,
): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample[]>(cases.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const one of cases) {
      const sample = await measure(one, seconds)
      // The first round only warms up.
      if (round > 0) samples.get(one.name)?.push(sample)
    }
  }
  const of = (name: string, field: keyof Sample) =>
    median((samples.get(name) ?? []).map((sample) => sample[field]))
  return new Map(
    cases.map(({ name }) => [
      name,
      {
        processor: of(name, 'processor'),
        perSecond: of(name, 'perSecond'),
        p50: of(name, 'p50'),
        p99: of(name, 'p99'),
      },
    ]),
  )
}
