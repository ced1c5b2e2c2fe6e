interface Recorded {
  date: string
  cluster: string
  command: string
  runs: {
    name: string
    title: string
    marks: { x: number; label: string }[]
    seconds: { second: number; offered: number; answered: number; failed: number; p99: number }[]
    replicas: { at: number; services: Record<string, { ready: number }> }[]
    verdict: { reads: { requests: number }; writes: { requests: number }; lost: unknown[] }
  }[]
}

const MILLISECONDS = 1_000

/**
 * What the Scale view plays back, taken from a results file of `make scale-test`: for each second the offered and answered
 * rate, failures, p99 (ms) and ready task-service pods.
 * @throws Error when the file has no run named `ramp`
 */
export function recordedRun(results: string): string {
  const { date, cluster, command, runs }: Recorded = JSON.parse(results)
  const ramp = runs.find((run) => run.name === 'ramp')
  if (!ramp) throw new Error('the results have no run named ramp')
  const podsAt = (second: number) =>
    ramp.replicas.findLast(({ at }) => at <= (second + 1) * MILLISECONDS)?.services['task-service']?.ready ??
    ramp.replicas[0]?.services['task-service']?.ready ??
    0
  return JSON.stringify({
    date,
    cluster,
    command,
    title: ramp.title,
    marks: ramp.marks,
    requests: ramp.verdict.reads.requests + ramp.verdict.writes.requests,
    lost: ramp.verdict.lost.length,
    seconds: ramp.seconds.map(({ second, offered, answered, failed, p99 }) => ({
      second,
      offered,
      answered,
      failed,
      p99,
      pods: podsAt(second),
    })),
  })
}
