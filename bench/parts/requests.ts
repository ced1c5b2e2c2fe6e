import { type Case, casesOf, LOG_IN, VERIFICATION } from '../cases.ts'
import { medians, type Sample } from '../measure.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { Stage } from '../stage.ts'

const FLOOR = 'bare node:http hello'

/** Cases that were asked for, and the floor that all are compared with. */
export function chosenCases(stage: Stage, { cases, peer }: Settings): Case[] {
  return casesOf(stage, peer).filter(({ name }) => name === FLOOR || cases.test(name))
}

/** Of bare argon2, when both were measured */
function logInsOf(samples: ReadonlyMap<string, Sample>): string[] {
  const [logIn, verification] = [samples.get(LOG_IN), samples.get(VERIFICATION)]
  if (!logIn || !verification) return []
  const [rate, processor] = [
    logIn.perSecond / verification.perSecond,
    verification.processor / logIn.processor,
  ].map((share) => share.toFixed(2))
  return [`Log-ins beside bare argon2: ${rate} of its rate, ${processor} by processor time.`]
}

/** Processor time of every kind of request beside a bare node:http. */
export async function requests(stage: Stage, settings: Settings): Promise<Section> {
  const { rounds, seconds, people } = settings
  const cases = chosenCases(stage, settings)
  const samples = await medians(cases, rounds, seconds)
  const floor = samples.get(FLOOR)?.processor ?? Number.NaN
  const rows = cases.map(({ name, pids }) => {
    const { processor = 0, perSecond = 0, p50 = 0, p99 = 0 } = samples.get(name) ?? {}
    // Nobody knows what a peer on another machine spends.
    const spent = pids.length === 0 ? ['', ''] : [processor.toFixed(0), (floor / processor).toFixed(2)]
    return [name, ...spent, perSecond.toFixed(0), p50.toFixed(2), p99.toFixed(2)]
  })
  return {
    title: 'Processor time of a request',
    text: [
      `${rounds} rounds of ${seconds} s a case, in turn; ${people} people of 20 tasks; medians.`,
      table([['', 'processor, µs a request', 'of bare Node', 'requests/s', 'p50, ms', 'p99, ms'], ...rows]),
      ...logInsOf(samples),
    ].join('\n\n'),
  }
}
