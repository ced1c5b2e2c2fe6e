import { cpus } from 'node:os'
import { type Case, casesOf } from './cases.ts'
import { closedLoop } from './load/closed-loop.ts'
import { processorTime } from './processor.ts'
import { profiled, type Share } from './profile/profile.ts'
import { openStage } from './stage.ts'

/**
 * Processor time per request of everything a client can ask, beside a bare node:http in the same run: each round goes
 * through all cases in turn, medians over rounds, ratios to the bare server. ROUNDS, SECONDS (a case in a round), PEOPLE,
 * GATEWAY (fastify, nginx), CASES (a regular expression of names). PROFILE, a directory: afterwards every process of our
 * own in those cases is profiled once, into a file there and a table.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SECONDS = Number(process.env.SECONDS ?? 2)
const PEOPLE = Number(process.env.PEOPLE ?? 200)
const GATEWAY = process.env.GATEWAY === 'nginx' ? 'nginx' : 'fastify'
const CASES = new RegExp(process.env.CASES ?? '', 'i')
const { PROFILE } = process.env
const PROFILE_LINES = 25
const FLOOR = 'bare node:http hello'

interface Sample {
  /** Microseconds of processor time a request */
  processor: number
  perSecond: number
  p50: number
  p99: number
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const total = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + processorTime(pid), 0)

async function measure({ name, pids, workload }: Case): Promise<Sample> {
  const before = total(pids)
  const { requests, latencies } = await closedLoop(workload, SECONDS * 1000).catch((cause) => {
    throw new Error(`${name}: ${cause.message}`, { cause })
  })
  const at = (share: number) => latencies[Math.floor((requests - 1) * share)] ?? Number.NaN
  return {
    processor: ((total(pids) - before) * 1e6) / requests,
    perSecond: requests / SECONDS,
    p50: at(0.5),
    p99: at(0.99),
  }
}

function printShares(title: string, shares: readonly Share[]): void {
  console.log(`\n${title}\n`)
  for (const { name, share } of shares.slice(0, PROFILE_LINES))
    console.log(`${(100 * share).toFixed(1).padStart(5)} %  ${name}`)
}

/** Self time of each process that a case is charged for; the bare servers and stores are nobody's to mend. */
async function printProfiles(cases: readonly Case[], own: ReadonlySet<number>, directory: string) {
  for (const { name, pids, workload } of cases) {
    for (const pid of pids.filter((one) => own.has(one))) {
      const { functions, places } = await profiled(pid, directory, () => closedLoop(workload, SECONDS * 1000))
      printShares(`${name}, process ${pid}, by place`, places)
      printShares(`${name}, process ${pid}, by function`, functions)
    }
  }
}

const stage = await openStage(PEOPLE, GATEWAY, PROFILE)
try {
  const cases = casesOf(stage).filter(({ name }) => name === FLOOR || CASES.test(name))
  const samples = new Map<string, Sample[]>(cases.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const one of cases) {
      const sample = await measure(one)
      // The first round only warms up.
      if (round > 0) samples.get(one.name)?.push(sample)
    }
  }
  const of = (name: string, field: keyof Sample) =>
    median((samples.get(name) ?? []).map((sample) => sample[field]))
  const floor = of(FLOOR, 'processor')
  console.log(
    `\n${stage.describe.join('\n')}\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  )
  console.log(`${ROUNDS} rounds of ${SECONDS} s a case, in turn; ${PEOPLE} people of 20 tasks; medians\n`)
  console.log('| | processor, µs a request | of bare Node | requests/s | p50, ms | p99, ms |')
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const { name } of cases) {
    const cells = [of(name, 'processor').toFixed(0), (floor / of(name, 'processor')).toFixed(2)]
    const rates = [of(name, 'perSecond').toFixed(0), of(name, 'p50').toFixed(2), of(name, 'p99').toFixed(2)]
    console.log(`| ${[name, ...cells, ...rates].join(' | ')} |`)
  }
  const own = new Set([stage.task.pid, stage.auth.pid, ...stage.gateways.map(({ pid }) => pid)])
  if (PROFILE) await printProfiles(cases, own, PROFILE)
} finally {
  await stage.stop()
}
process.exit()
