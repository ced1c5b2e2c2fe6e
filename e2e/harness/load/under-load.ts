import { setTimeout as sleep } from 'node:timers/promises'
import { newPeople } from '../people.ts'
import { Random } from '../random.ts'
import { carriedRate } from './capacity.ts'
import { MachineWatch, VoidRun } from './machine.ts'
import { OpenLoop } from './open-loop.ts'
import { Schedule } from './schedule.ts'
import { type Verdict, verdictOn } from './verdict.ts'
import { createAgent, TaskWorkload } from './workloads.ts'

const PEOPLE = 20
/** Of load before and after the disturbance */
const SETTLE_MS = 5_000
/** The load is stopped when the disturbance is over; no disturbance lasts as long. */
const LONGEST_SECONDS = 1_800
/** Of what is offered, before anything is disturbed */
const LEAST_SHARE = 0.8
/** Of what the system carries: while an instance starts, and another is away, there has to be enough for the rest. */
const OFFERED_SHARE = 0.1

export interface Offer {
  /** Requests a second at most, nine reads for each write; less where the machine carries less than ten times that */
  readonly most: number
  /** Offers exactly that, whatever the machine carries */
  readonly isFixed?: boolean
  /** Each creation has an `Idempotency-Key`. */
  readonly isKeyed?: boolean
}

/** What a run came to, and what is to be known about the machine. */
export interface Trial {
  readonly verdict: Verdict
  /** Requests a second that were offered */
  readonly rate: number
  /** How the machine fell short: what failed may be its fault */
  readonly shortfall: string | undefined
}

/** @returns how the machine fell short meanwhile, where that can be told by what was done */
type Disturb = () => Promise<string | undefined>

/**
 * Disturbs a system while people read and write at a constant rate, with some seconds of load before and after it.
 * @throws VoidRun when the system is too slow for the rate even undisturbed, and whatever the disturbance throws
 */
export async function underLoad(
  baseUrl: string,
  { most, isFixed = false, isKeyed = false }: Offer,
  disturb: Disturb,
): Promise<Trial> {
  const people = await newPeople(baseUrl, PEOPLE)
  const agent = createAgent()
  const workload = new TaskWorkload(agent, baseUrl, people, new Random(1), isKeyed)
  try {
    const before = await carriedRate(workload)
    const rate = isFixed ? most : Math.min(most, Math.max(1, Math.floor(before * OFFERED_SHARE)))
    const watch = new MachineWatch()
    const { load, shortfall } = await loaded(workload, rate, disturb)
    const verdict = await verdictOn(load, workload, baseUrl, people)
    const after = await carriedRate(workload)
    return { verdict, rate, shortfall: shortfall ?? watch.shortfall(before, after) }
  } finally {
    await agent.destroy()
  }
}

/** @returns the load, after its end, and what the disturbance returned */
async function loaded(workload: TaskWorkload, rate: number, disturb: Disturb) {
  const schedule = new Schedule([{ name: 'constant', seconds: LONGEST_SECONDS, from: rate }])
  const load = new OpenLoop({ schedule, workload })
  try {
    await sleep(SETTLE_MS)
    keepsUp(load, rate)
    const shortfall = await disturb()
    await sleep(SETTLE_MS)
    return { load, shortfall }
  } finally {
    await load.stop()
  }
}

/**
 * Whether a load at a constant rate is answered at about that rate, before anything is disturbed.
 * @throws VoidRun when it is not: what fails then says nothing about the disturbance
 */
export function keepsUp({ samples, elapsed }: Pick<OpenLoop, 'samples' | 'elapsed'>, rate: number): void {
  const answered = samples.length / (elapsed / 1000)
  if (answered < rate * LEAST_SHARE)
    throw new VoidRun(
      `void: ${answered.toFixed(0)} of ${rate} requests/s are answered before anything is disturbed; this machine needs a lower rate`,
    )
}
