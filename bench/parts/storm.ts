import { latencyOf, OpenLoop, type Sample, type Workload } from '../../e2e/harness/load/open-loop.ts'
import { Schedule } from '../../e2e/harness/load/schedule.ts'
import { createAgent, LoginWorkload } from '../../e2e/harness/load/workloads.ts'
import { quantile } from '../measure.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { Stage } from '../stage.ts'

/** Requests a second: far below what a core carries, so that what waits waits for the hashing. */
const READS = 200
/** More log-ins a second than a core can hash */
const LOGINS = 60

function reading(url: string, path: string, people: Stage['people']): Workload {
  const agent = createAgent(64)
  let count = 0
  return {
    send() {
      const { authorization } = people[count++ % people.length] as Stage['people'][number]
      const status = agent
        .request({ origin: url, path, method: 'GET', headers: { authorization } })
        .then(async ({ statusCode, body }) => {
          await body.dump()
          return statusCode
        })
        .catch(() => 0)
      return { kind: 'read', status }
    },
  }
}

async function load(workload: Workload, rate: number, seconds: number): Promise<readonly Sample[]> {
  const schedule = new Schedule([{ name: 'steady', seconds, from: rate }])
  const loop = new OpenLoop({ schedule, workload })
  await loop.finished
  return loop.samples
}

function cellsOf(name: string, samples: readonly Sample[]): string[] {
  const latencies = samples.map(latencyOf).sort((one, other) => one - other)
  const failed = samples.filter(({ status }) => status !== 200).length
  const at = (share: number) => quantile(latencies, share).toFixed(1)
  return [name, String(samples.length), String(failed), at(0.5), at(0.99), at(1)]
}

/** What people wait for their lists, and for auth-service's other routes, while others log in as fast as they can. */
export async function storm(stage: Stage, { seconds }: Settings): Promise<Section> {
  const { auth, task, people } = stage
  const readers = [
    { name: 'cached list', url: task.url, path: '/tasks/' },
    { name: 'own account (auth-service)', url: auth.url, path: '/auth/me' },
  ]
  const rows: string[][] = []
  const span = seconds * 5
  for (const isStorm of [false, true]) {
    const logins = isStorm
      ? load(new LoginWorkload(createAgent(), auth.url, people), LOGINS, span)
      : undefined
    const found = await Promise.all(
      readers.map(({ url, path }) => load(reading(url, path, people), READS, span)),
    )
    for (const [index, { name }] of readers.entries())
      rows.push(cellsOf(`${name}, ${isStorm ? 'in the storm' : 'quiet'}`, found[index] ?? []))
    if (logins) rows.push(cellsOf('log-ins', await logins))
  }
  return {
    title: 'A storm of log-ins',
    text: [
      `${READS} requests/s to each route beside ${LOGINS} log-ins/s, open loop; both services on one core. A log-in that finds the queue full is refused.`,
      table([['', 'requests', 'other than 200', 'p50, ms', 'p99, ms', 'most, ms'], ...rows]),
    ].join('\n\n'),
  }
}
