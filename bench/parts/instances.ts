import { casesOf } from '../cases.ts'
import { measure, median, type Sample } from '../measure.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { Stage } from '../stage.ts'

const MOST = 3

/** Whether a request costs the same when it is spread: hits through the gateway, one to three instances on one core. */
export async function instances(stage: Stage, { rounds, seconds }: Settings): Promise<Section> {
  const rows: string[][] = []
  for (let count = 1; count <= MOST; count++) {
    if (count > 1) await stage.addTask()
    const [through] = casesOf(stage).filter(({ name }) => name.startsWith('hit, through fastify'))
    if (!through) throw new Error('there is no gateway')
    const samples: Sample[] = []
    for (let round = 0; round <= rounds; round++) samples.push(await measure(through, seconds))
    const of = (field: 'processor' | 'perSecond' | 'p99') =>
      median(samples.slice(1).map((sample) => sample[field]))
    rows.push([String(count), of('processor').toFixed(0), of('perSecond').toFixed(0), of('p99').toFixed(1)])
  }
  return {
    title: 'One to three instances',
    text: table([
      ['instances', 'processor, µs a hit (gateway and Redis charged)', 'hits/s', 'p99, ms'],
      ...rows,
    ]),
  }
}
