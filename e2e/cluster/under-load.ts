import { OpenLoop } from './open-loop.ts'
import { newPeople, type Person } from './people.ts'
import { judge, type Verdict } from './verdict.ts'

const PEOPLE = 20
const SETTLE_MS = 3_000

export interface Loaded {
  verdict: Verdict
  people: readonly Person[]
  load: OpenLoop
}

/**
 * Runs an action while people read and write at a constant rate, with some seconds of load before and after it.
 * @param rate requests a second
 */
export async function underLoad(
  baseUrl: string,
  rate: number,
  action: (load: OpenLoop) => Promise<void>,
): Promise<Loaded> {
  const people = await newPeople(baseUrl, PEOPLE)
  const load = new OpenLoop(baseUrl, people, rate)
  const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  try {
    await settle()
    await action(load)
    await settle()
  } finally {
    await load.stop()
  }
  return { verdict: await judge(load, baseUrl, people), people, load }
}

/** One line for the protocol of a run. */
export function summary({ verdict }: Loaded): string {
  const { lost, doubled, stale, ...numbers } = verdict
  return JSON.stringify({ ...numbers, lost: lost.length, doubled: doubled.length, stale: stale.length })
}
