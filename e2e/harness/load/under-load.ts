import { newPeople } from '../people.ts'
import { Random } from '../random.ts'
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

/**
 * Disturbs a system while people read and write at a constant rate, with some seconds of load before and after it.
 * @param rate requests a second, nine reads for each write
 * @throws Error when the system is too slow for the rate even undisturbed, and whatever the disturbance throws
 */
export async function underLoad(
  baseUrl: string,
  rate: number,
  disturb: () => Promise<void>,
): Promise<Verdict> {
  const people = await newPeople(baseUrl, PEOPLE)
  const agent = createAgent()
  const workload = new TaskWorkload(agent, baseUrl, people, new Random(1))
  const schedule = new Schedule([{ name: 'constant', seconds: LONGEST_SECONDS, from: rate }])
  const load = new OpenLoop({ schedule, workload })
  const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  try {
    await settle()
    keepsUp(load, rate)
    await disturb()
    await settle()
  } finally {
    await load.stop()
    await agent.destroy()
  }
  return verdictOn(load, workload, baseUrl, people)
}

/**
 * Whether a load at a constant rate is answered at about that rate, before anything is disturbed.
 * @throws Error when it is not: what fails then says nothing about the disturbance
 */
export function keepsUp({ samples, elapsed }: Pick<OpenLoop, 'samples' | 'elapsed'>, rate: number): void {
  const answered = samples.length / (elapsed / 1000)
  if (answered < rate * LEAST_SHARE)
    throw new Error(
      `void: ${answered.toFixed(0)} of ${rate} requests/s are answered before anything is disturbed; this machine needs a lower rate`,
    )
}
