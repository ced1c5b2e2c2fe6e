import { setTimeout as sleep } from 'node:timers/promises'
import { History } from '../harness/history.ts'
import { keepHistory } from '../harness/history-file.ts'
import { describeViolation, findViolations, type ViolationKind } from '../harness/judge.ts'
import { MachineWatch } from '../harness/load/machine.ts'
import { Random } from '../harness/random.ts'
import { until } from '../harness/until.ts'
import { type Account, createAccounts, SLOTS } from './counters.ts'
import type { Fault } from './faults.ts'
import type { FaultySystem } from './faulty-system.ts'
import { HttpConnection } from './http-connection.ts'
import { type Mix, Traffic } from './traffic.ts'

/** Fewer operations a second than this before the fault, and a run says too little to count. */
const MIN_RATE = 100
/** A run that waits for its reads is given up when none has come for so long. */
const NO_READS_SECONDS = 60
const DESCRIBED_VIOLATIONS = 5
const POLL_MS = 100
/** Of the time of a run, before the first fault and after the last one */
const CALM_SHARE = 0.15

export interface Plan {
  readonly seconds: number
  /** Goes on beyond `seconds` until there were as many reads. */
  readonly minReads: number
  /** But not beyond this, on a machine that does not carry as many; no limit when left out */
  readonly mostSeconds?: number
  readonly accounts: number
  readonly readers: number
  readonly writers: number
  readonly seed: number
  readonly mix: Mix
  /** Under this name a history is kept in which something was found; it is not when left out */
  readonly keepAs?: string
}

export interface Measurement {
  readonly fault: string
  readonly seconds: number
  readonly operations: number
  readonly rate: number
  /** Operations a second before the first fault */
  readonly calmRate: number
  /** The same after the last one, with the cache on again */
  readonly rateAfter: number
  readonly reads: number
  readonly hits: number
  readonly writes: number
  readonly unknownWrites: number
  readonly failedReads: number
  readonly injections: number
  readonly violations: Readonly<Record<ViolationKind, number>>
  readonly descriptions: readonly string[]
  readonly refusals: ReadonlyMap<string, number>
  readonly readGapSeconds: number
  readonly writeGapSeconds: number
  /** The calm rate was too low for the run to say anything */
  readonly isVoid: boolean
  /** How the machine fell short, undefined when it did not */
  readonly shortfall: string | undefined
}

/** Runs the load while one kind of fault is injected again and again, then checks the history. */
export async function measure(system: FaultySystem, fault: Fault, plan: Plan): Promise<Measurement> {
  const random = new Random(plan.seed)
  const connections = Array.from(
    { length: plan.readers + plan.writers },
    () => new HttpConnection(system.baseUrl),
  )
  try {
    const accounts = await createAccounts(system.baseUrl, connections[0] as HttpConnection, plan.accounts)
    await cacheIsOn(connections[0] as HttpConnection, accounts)
    const history = new History(plan.accounts * SLOTS)
    const load = new Traffic(accounts, history, random, plan.mix)
    const watch = new MachineWatch()
    const started = performance.now()
    const workers = Promise.all(
      connections.map((connection, i) =>
        i < plan.readers ? load.keepReading(connection) : load.keepWriting(connection),
      ),
    )
    const { calmRate, rateAfter, injections } = await Promise.race([
      disturb({ system, fault, load, plan, started }, accounts),
      // A worker ends early only by throwing.
      workers.then(() => Promise.reject(new Error('the load ended by itself'))),
    ]).finally(() => load.stop())
    const seconds = (performance.now() - started) / 1000
    await workers
    const shortfall = watch.shortfall(calmRate, rateAfter)
    const rates = { calmRate, rateAfter }
    return await summarise({ fault, plan, load, history, started, seconds, rates, injections, shortfall })
  } finally {
    await Promise.all(connections.map((connection) => connection.close()))
  }
}

/** What is disturbed, and since when */
interface Disturbance {
  readonly system: FaultySystem
  readonly fault: Fault
  readonly load: Traffic
  readonly plan: Plan
  readonly started: number
}

/** When a run has gone on for long enough, and has read enough, or will not. */
function endOf({ load, plan, started }: Disturbance): () => boolean {
  const { mostSeconds = Number.POSITIVE_INFINITY } = plan
  let [reads, grownAt] = [0, 0]
  return () => {
    const elapsed = (performance.now() - started) / 1000
    if (load.reads > reads) [reads, grownAt] = [load.reads, elapsed]
    // A system that answers no read any more would never get to the end.
    return (
      elapsed >= plan.seconds &&
      (load.reads >= plan.minReads || elapsed > mostSeconds || elapsed - grownAt > NO_READS_SECONDS)
    )
  }
}

/** Operations a second of the next moments. */
async function rateNow({ load, plan }: Disturbance): Promise<number> {
  const [operations, since] = [load.operations, performance.now()]
  await sleep(plan.seconds * CALM_SHARE * 1000)
  return ((load.operations - operations) * 1000) / (performance.now() - since)
}

async function disturb(disturbance: Disturbance, accounts: readonly Account[]) {
  const { system, fault, plan } = disturbance
  const random = new Random(plan.seed + 1)
  const calmRate = await rateNow(disturbance)
  // On a machine that is too slow to show anything, waiting for more reads is pointless.
  const isOver = endOf(calmRate < MIN_RATE ? { ...disturbance, plan: { ...plan, minReads: 0 } } : disturbance)
  let injections = 0
  while (!isOver()) {
    if (fault.inject === undefined) await sleep(POLL_MS)
    else {
      await fault.inject(system, random)
      injections++
    }
  }
  const connection = new HttpConnection(system.baseUrl)
  await cacheIsOn(connection, accounts).finally(() => connection.close())
  return { calmRate, rateAfter: fault.inject ? await rateNow(disturbance) : calmRate, injections }
}

/**
 * Waits for a hit: every run starts with the cache on, and ends with it, whatever was broken meanwhile. Anybody's list will do: that of
 * an owner whose writer was killed comes from MongoDB for as long as the owner goes on writing. @throws Error when there is none
 */
async function cacheIsOn(connection: HttpConnection, accounts: readonly Account[]): Promise<void> {
  let asked = 0
  await until('a list comes from the cache, without a fault', async () => {
    const { headers } = accounts[asked++ % accounts.length] as Account
    const answer = await connection.send('GET', '/tasks', headers)
    return String(answer?.headers['cache-status']).endsWith('hit')
  })
}

interface Run {
  readonly fault: Fault
  readonly plan: Plan
  readonly load: Traffic
  readonly history: History
  readonly started: number
  readonly seconds: number
  readonly rates: Pick<Measurement, 'calmRate' | 'rateAfter'>
  readonly injections: number
  readonly shortfall: string | undefined
}

async function summarise(run: Run): Promise<Measurement> {
  const { fault, plan, load, history, started, seconds, rates, injections, shortfall } = run
  const found = findViolations(history)
  const isKept = found.length > 0 && plan.keepAs !== undefined
  const kept = isKept ? [`kept: ${await keepHistory(history, plan.keepAs)}`] : []
  const violations: Record<ViolationKind, number> = { stale: 0, 'went back': 0, invented: 0 }
  for (const { kind } of found) violations[kind]++
  return {
    fault: fault.name,
    seconds,
    operations: load.operations,
    rate: load.operations / seconds,
    ...rates,
    reads: load.reads,
    hits: load.hits,
    writes: load.writes,
    unknownWrites: load.unknownWrites,
    failedReads: load.failedReads,
    injections,
    violations,
    descriptions: [
      ...kept,
      ...found
        .slice(0, DESCRIBED_VIOLATIONS)
        .map((violation) => describeViolation(history, violation, started)),
    ],
    refusals: load.refusals,
    readGapSeconds: load.readGap.longestMs / 1000,
    writeGapSeconds: load.writeGap.longestMs / 1000,
    isVoid: rates.calmRate < MIN_RATE,
    shortfall,
  }
}
