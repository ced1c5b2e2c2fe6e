import { cpus } from 'node:os'
import {
  type Control,
  freePorts,
  type Instance,
  openControl,
  type Platform,
  startPlatform,
} from '../dev/index.ts'
import { newPeople, type Person } from '../e2e/harness/people.ts'
import { closedLoop, type LoadResult, request } from './load/closed-loop.ts'
import { processorTime } from './processor.ts'

/**
 * What two views of the page say, measured: lists while nobody and while two people log in over and over (the Split view), and the
 * processor time of gateway and services while a page reads every request, and while none does. Both ways in turn within each of
 * ROUNDS rounds of SECONDS each, medians; PEOPLE read their lists through the Fastify gateway, with the settings of `make dev`.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 9)
const SECONDS = Number(process.env.SECONDS ?? 2)
const PEOPLE = Number(process.env.PEOPLE ?? 8)
const STORMING = 2
const ENV = {
  ...process.env,
  SERVER_TIMING: 'true',
  REPORT_IN_FLIGHT_MS: '200',
  RATE_LIMIT_PER_MINUTE: '0',
  LOGIN_LIMIT_PER_MINUTE: '0',
}

interface Sample {
  perSecond: number
  p99: number
  /** Of gateway and services, µs a list */
  processor: number
  loginsPerSecond: number
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

class PageBench {
  readonly #platform: Platform
  readonly #control: Control
  readonly #people: Person[]
  /** Others than those who read: a log-in too many ends the oldest session of its account. */
  readonly #storming: Person[]

  constructor(platform: Platform, control: Control, people: Person[]) {
    this.#platform = platform
    this.#control = control
    this.#storming = people.slice(0, STORMING)
    this.#people = people.slice(STORMING)
  }

  get #instances(): Instance[] {
    const { gateway, auth, tasks } = this.#platform.system
    return [gateway, auth, ...tasks]
  }

  #lists(): Promise<LoadResult> {
    const requests = this.#people.map(({ authorization }) => request('GET', '/tasks/', { authorization }))
    return closedLoop(
      {
        url: this.#platform.system.baseUrl,
        connections: requests.length,
        next: (connection) => requests[connection] as Buffer,
        expected: 200,
      },
      SECONDS * 1_000,
    )
  }

  #logIns(): Promise<LoadResult> {
    const { auth } = this.#platform.system
    const forms = this.#storming.map(({ email, password }) =>
      request('POST', '/auth/login', {}, { email, password }),
    )
    return closedLoop(
      {
        url: auth.url,
        connections: forms.length,
        next: (connection) => forms[connection] as Buffer,
        expected: 200,
      },
      SECONDS * 1_000,
    )
  }

  async measure(withLogIns = false): Promise<Sample> {
    const used = () => this.#instances.reduce((sum, { pid }) => sum + processorTime(pid), 0)
    const before = used()
    const [{ requests, latencies }, logIns] = await Promise.all([
      this.#lists(),
      withLogIns ? this.#logIns() : undefined,
    ])
    return {
      perSecond: requests / SECONDS,
      p99: latencies[Math.floor((requests - 1) * 0.99)] ?? Number.NaN,
      processor: ((used() - before) * 1e6) / requests,
      loginsPerSecond: (logIns?.requests ?? 0) / SECONDS,
    }
  }

  /** As {@link measure}, while a page is told of every request. @throws Error when it is told of fewer than were answered */
  async measureWithReader(): Promise<Sample> {
    const [, port, secret] = /^control=(\d+)\.(.+)$/.exec(this.#control.fragment) ?? []
    const leave = new AbortController()
    const stream = await fetch(`http://127.0.0.1:${port}/events`, {
      headers: { authorization: `Bearer ${secret}`, origin: this.#platform.system.baseUrl },
      signal: leave.signal,
    })
    if (!stream.ok) throw new Error(`the control port answered ${stream.status}: ${await stream.text()}`)
    let bytes = 0
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) bytes += chunk.length
    })().catch(() => {})
    const sample = await this.measure()
    leave.abort()
    await reading
    if (bytes < sample.perSecond * SECONDS) throw new Error(`the stream had ${bytes} bytes`)
    return sample
  }
}

function show(title: string, columns: string[], rows: string[][]): void {
  console.log(`\n${title}\n\n| | ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length + 1)}`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

let control: Control | undefined
const platform = await startPlatform({
  env: ENV,
  say: console.log,
  onLine: (source, line) => control?.onLine(source, line),
})
try {
  const [port = 0] = await freePorts(1)
  control = await openControl({ port, system: platform.system, ...platform.stores })
  const people = await newPeople(platform.system.baseUrl, PEOPLE + STORMING)
  const bench = new PageBench(platform, control, people)
  const samples = {
    alone: [] as Sample[],
    storm: [] as Sample[],
    read: [] as Sample[],
  }
  // The first round only warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const [alone, storm, read] = [
      await bench.measure(),
      await bench.measure(true),
      await bench.measureWithReader(),
    ]
    if (round === 0) continue
    samples.alone.push(alone)
    samples.storm.push(storm)
    samples.read.push(read)
  }
  const of = (kind: keyof typeof samples, field: keyof Sample) =>
    median(samples[kind].map((one) => one[field]))
  console.log(
    `\n${platform.stores.describe.join('\n')}\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  )
  console.log(`${ROUNDS} rounds of ${SECONDS} s each way, in turn; ${PEOPLE} people; medians`)
  show(
    'A storm of log-ins',
    ['lists/s', 'p99 of lists, ms', 'log-ins/s'],
    (['alone', 'storm'] as const).map((kind) => [
      kind === 'alone' ? 'nobody logs in' : `${STORMING} people log in, over and over`,
      of(kind, 'perSecond').toFixed(0),
      of(kind, 'p99').toFixed(1),
      of(kind, 'loginsPerSecond').toFixed(1),
    ]),
  )
  const ratios = samples.alone.map(
    ({ processor }, round) => (samples.read[round]?.processor ?? 0) / processor,
  )
  show(
    'A page that reads the stream of all requests',
    ['processor of gateway and services, µs a list', 'ratio'],
    [
      ['no page', of('alone', 'processor').toFixed(0), '1.000'],
      ['one page', of('read', 'processor').toFixed(0), median(ratios).toFixed(3)],
    ],
  )
} finally {
  await control?.close()
  await platform.stop()
}
process.exit()
