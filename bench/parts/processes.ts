import type { Instance } from '../../dev/index.ts'
import { casesOf } from '../cases.ts'
import { measure, median } from '../measure.ts'
import { memory } from '../processor.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { Stage } from '../stage.ts'

/** Of the soak's load, each is one point of its lines. */
const POINTS = 60
const HOUR_MS = 3_600_000
const STARTS = 3

async function startTime(instance: Instance): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < STARTS; n++) {
    await instance.stop()
    const started = performance.now()
    await instance.start()
    times.push(performance.now() - started)
  }
  return median(times)
}

/** How long a service takes from its start to ready, and the memory it then has. On all processors: it is not pinned any more. */
export async function starts({ task, auth }: Stage): Promise<Section> {
  const rows: string[][] = []
  for (const instance of [auth, task]) {
    const ms = await startTime(instance)
    const { now } = memory(instance.pid)
    rows.push([instance.name, ms.toFixed(0), now.toFixed(0)])
  }
  return {
    title: 'Start',
    text: table([
      ['', `from spawn to ready, ms (median of ${STARTS})`, 'resident memory then, MiB'],
      ...rows,
    ]),
  }
}

/** Least squares. @returns by how much y grows for one of x */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)]
  const above = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0)
  return above / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0)
}

interface Moment {
  ms: number
  memory: number
  p99: number
  perSecond: number
}

/** Hits and updates for a long time: whether memory and waiting grow. */
export async function soak(stage: Stage, { soakMinutes }: Settings): Promise<Section> {
  const pid = stage.task.pid
  const rest = memory(pid).now
  const cases = casesOf(stage).filter(({ name }) => /^(hit: |update)/.test(name))
  const span = (soakMinutes * 60_000) / POINTS / cases.length
  const moments: Moment[] = []
  const began = performance.now()
  for (let n = 0; n < POINTS; n++) {
    for (const one of cases) {
      const { perSecond, p99 } = await measure(one, span / 1000)
      if (one.name.startsWith('hit'))
        moments.push({ ms: performance.now() - began, memory: memory(pid).now, p99, perSecond })
    }
  }
  // The first third warms up.
  const later = moments.slice(Math.floor(moments.length / 3))
  const growth = (of: (moment: Moment) => number) =>
    slopeOf(later.map((moment) => [moment.ms, of(moment)])) * HOUR_MS
  const minutes = (ms: number) => ms / 60_000
  const line = (label: string, of: (moment: Moment) => number) => [
    { label, colour: '#2b6cb0', points: moments.map((moment) => [minutes(moment.ms), of(moment)] as const) },
  ]
  return {
    title: 'Soak',
    text: [
      `${soakMinutes} minutes of hits and updates in turn on one instance, as many as it answers; slopes by least squares over the last two thirds.`,
      table([
        ['', 'at rest', 'median', 'slope, an hour'],
        [
          'resident memory, MiB',
          rest.toFixed(0),
          median(later.map((moment) => moment.memory)).toFixed(0),
          growth((moment) => moment.memory).toFixed(1),
        ],
        [
          'p99 of a hit, ms',
          '',
          median(later.map((moment) => moment.p99)).toFixed(1),
          growth((moment) => moment.p99).toFixed(1),
        ],
      ]),
      `At most ${memory(pid).most.toFixed(0)} MiB.`,
    ].join('\n\n'),
    plots: [
      {
        name: 'soak',
        chart: {
          title: 'Soak',
          xTitle: 'minutes',
          xMax: minutes(moments.at(-1)?.ms ?? 1),
          panels: [
            { title: 'resident memory, MiB', lines: line('memory', (moment) => moment.memory) },
            { title: 'p99 of a hit, ms', lines: line('p99', (moment) => moment.p99) },
            { title: 'hits a second', lines: line('hits', (moment) => moment.perSecond) },
          ],
        },
      },
    ],
  }
}
