import { isSuccess, latencyOf, type Sample } from '../harness/load/open-loop.ts'
import { percentile } from '../harness/load/verdict.ts'

/** One second of a run. Latencies are ms of the requests that were due in it, from the moment they were due. */
export interface Second {
  readonly second: number
  /** Requests that were due */
  readonly offered: number
  /** Good answers that arrived */
  readonly answered: number
  /** Of those due, the ones that failed */
  readonly failed: number
  readonly p50: number | undefined
  readonly p99: number | undefined
  /** From the moment of sending: where this is much less, requests had to wait for their turn */
  readonly p99SinceSent: number | undefined
}

/** @param seconds length of the series; samples later than that are left out */
export function secondsOf(samples: readonly Sample[], seconds: number): Second[] {
  const due: Sample[][] = Array.from({ length: seconds }, () => [])
  const answered = new Array<number>(seconds).fill(0)
  for (const sample of samples) {
    due[Math.floor(sample.due / 1000)]?.push(sample)
    const end = Math.floor(sample.end / 1000)
    if (isSuccess(sample) && end < seconds) answered[end] = (answered[end] ?? 0) + 1
  }
  return due.map((own, second) => {
    const good = own.filter(isSuccess)
    const at = (values: number[], share: number) =>
      values.length === 0 ? undefined : rounded(percentile(values, share))
    return {
      second,
      offered: own.length,
      answered: answered[second] ?? 0,
      failed: own.length - good.length,
      p50: at(good.map(latencyOf), 0.5),
      p99: at(good.map(latencyOf), 0.99),
      p99SinceSent: at(
        good.map(({ sent, end }) => end - sent),
        0.99,
      ),
    }
  })
}

const rounded = (value: number) => Math.round(value * 10) / 10
