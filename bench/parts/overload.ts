import { Agent } from 'undici'
import { startPlatform } from '../../dev/index.ts'
import { latencyOf, OpenLoop, type Workload } from '../../e2e/harness/load/open-loop.ts'
import { Schedule } from '../../e2e/harness/load/schedule.ts'
import { newPeople, type Person } from '../../e2e/harness/people.ts'
import { quantile } from '../measure.ts'
import { pin } from '../processor.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import { LOAD_CPU, SERVER_CPU, type Stage } from '../stage.ts'

const TIMES = [0.5, 1, 2.5, 5, 10]
const PEOPLE = 20
/** Few, so that the generator can offer ten times of what the instance carries. */
const MAX_IN_FLIGHT = '16'
/** More than the instance lets in: what is too much is refused by it, and does not wait in the generator. */
const CONNECTIONS = 512
const CLOSED_CONNECTIONS = 16

/** Lists that MongoDB answers, and what became of them. */
class Lists implements Workload {
  /** Refusals, and how many of them said when to come again */
  refused = 0
  withRetryAfter = 0
  readonly #agent = new Agent({ connections: CONNECTIONS, pipelining: 1 })
  readonly #url: string
  readonly #people: readonly Person[]
  #count = 0

  constructor(url: string, people: readonly Person[]) {
    this.#url = url
    this.#people = people
  }

  send() {
    return { kind: 'read' as const, status: this.ask() }
  }

  async ask(): Promise<number> {
    const { authorization } = this.#people[this.#count++ % this.#people.length] as Person
    const path = '/tasks?limit=20'
    try {
      const { statusCode, headers, body } = await this.#agent.request({
        origin: this.#url,
        path,
        method: 'GET',
        headers: { authorization },
      })
      await body.dump()
      if (statusCode === 503) this.refused++
      if (statusCode === 503 && headers['retry-after'] !== undefined) this.withRetryAfter++
      return statusCode
    } catch {
      return 0
    }
  }
}

/** Lists a second, when each client asks again as soon as it was answered. */
async function capacity(lists: Lists, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let good = 0
  const client = async () => {
    while (performance.now() < until) if ((await lists.ask()) === 200) good++
  }
  await Promise.all(Array.from({ length: CLOSED_CONNECTIONS }, client))
  return good / seconds
}

async function step(url: string, people: readonly Person[], rate: number, seconds: number) {
  const lists = new Lists(url, people)
  const schedule = new Schedule([{ name: 'steady', seconds, from: rate }])
  const loop = new OpenLoop({ schedule, workload: lists, mostInFlight: CONNECTIONS })
  await loop.finished
  const good = loop.samples.filter(({ status }) => status === 200)
  const latencies = good.map(latencyOf).sort((one, other) => one - other)
  const others = loop.samples.length - good.length - lists.refused
  return { good: good.length / seconds, p99: quantile(latencies, 0.99), lists, others }
}

/** What one instance still does when up to ten times of what it carries is asked of it. */
export async function overload({ stores }: Stage, { seconds }: Settings): Promise<Section> {
  const env = {
    ...process.env,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '0',
    LOGIN_LIMIT_PER_MINUTE: '0',
    MAX_IN_FLIGHT,
    MONGODB_DATABASE: 'bench_overload',
  }
  const platform = await startPlatform({ tasks: 1, stores, env })
  try {
    const [task] = platform.system.tasks
    if (!task) throw new Error('there is no instance')
    pin(task.pid, SERVER_CPU)
    pin(process.pid, LOAD_CPU)
    const people = await newPeople(platform.system.baseUrl, PEOPLE)
    const peak = await capacity(new Lists(task.url, people), seconds * 2)
    const found = []
    for (const times of TIMES)
      found.push({ times, ...(await step(task.url, people, peak * times, seconds * 2)) })
    const rows = found.map(({ times, good, p99, lists, others }) => [
      `${times}×`,
      good.toFixed(0),
      (good / peak).toFixed(2),
      p99.toFixed(0),
      `${lists.withRetryAfter} of ${lists.refused}`,
      String(others),
    ])
    return {
      title: 'Overload',
      text: [
        `One instance with MAX_IN_FLIGHT=${MAX_IN_FLIGHT}, lists from the database, open loop; it carries ${peak.toFixed(0)} a second.`,
        table([
          [
            'offered',
            'good answers/s',
            'of what it carries',
            'their p99, ms',
            '503 with Retry-After',
            'others',
          ],
          ...rows,
        ]),
      ].join('\n\n'),
      plots: [
        {
          name: 'overload',
          chart: {
            title: 'One instance under more and more load',
            xTitle: 'offered, times of what it carries',
            xMax: 10,
            panels: [
              {
                title: 'good answers, share of what it carries',
                lines: [
                  {
                    label: 'good answers',
                    colour: '#2b6cb0',
                    points: found.map(({ times, good }) => [times, good / peak] as const),
                  },
                ],
              },
            ],
          },
        },
      ],
    }
  } finally {
    await platform.stop()
  }
}
