import { request } from '../load/closed-loop.ts'
import { measure, median } from '../measure.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { BenchPerson, Stage } from '../stage.ts'

const CONNECTIONS = 8
const LENGTHS = [0, 1, 5, 20, 50, 100]
/** Operations of one request */
const AT_ONCE = 100
/** Of one foreign owner; 10,000 are allowed */
const MOST_EACH = 9_000
const SMALLEST = 100
/** Requests in a row of which nothing was done */
const MOST_REFUSALS = 5

/** Up to AT_ONCE tasks in one request. @returns how many were made: what the database was too slow for is refused, to be tried again */
async function addSome(stage: Stage, person: BenchPerson, titles: readonly string[]): Promise<number> {
  const answer = await fetch(`${stage.task.url}/tasks/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: person.authorization },
    body: JSON.stringify(titles.map((title) => ({ op: 'create', title, labels: ['bench'] }))),
  })
  if (!answer.ok) throw new Error(`tasks cannot be made: ${answer.status} ${await answer.text()}`)
  const results = (await answer.json()) as { status: number }[]
  const bad = results.find(({ status }) => status !== 201 && status !== 503)
  if (bad) throw new Error(`tasks cannot be made: ${JSON.stringify(bad)}`)
  return results.filter(({ status }) => status === 201).length
}

async function add(stage: Stage, person: BenchPerson, count: number): Promise<void> {
  let made = 0
  for (let refusals = 0; made < count && refusals < MOST_REFUSALS; ) {
    const titles = Array.from(
      { length: Math.min(AT_ONCE, count - made) },
      (_, n) => `One of ${count}, ${made + n}`,
    )
    const added = await addSome(stage, person, titles)
    refusals = added === 0 ? refusals + 1 : 0
    made += added
  }
  if (made < count) throw new Error(`${made} of ${count} tasks could be made.`)
}

/** @param path with `?limit=` the cache is passed by */
async function costOf(
  { task }: Stage,
  path: string,
  people: readonly BenchPerson[],
  { rounds, seconds }: Settings,
): Promise<number> {
  const asked = people.map(({ authorization }) => request('GET', path, { authorization }))
  let count = 0
  const workload = {
    url: task.url,
    connections: CONNECTIONS,
    expected: 200,
    next: () => asked[count++ % asked.length] as Buffer,
  }
  const samples: number[] = []
  for (let round = 0; round <= rounds; round++)
    samples.push((await measure({ name: path, pids: [task.pid], workload }, seconds)).processor)
  return median(samples.slice(1))
}

/** What a list costs beside more and more tasks of others, and the longer it is. */
export async function sizes(stage: Stage, settings: Settings): Promise<Section> {
  const { people } = stage
  const others: [number, number, number][] = []
  let there = people.length * 20
  for (let wanted = SMALLEST; wanted <= settings.tasks; wanted *= 10) {
    if (wanted * 10 <= there) continue
    while (there < wanted) {
      const count = Math.min(wanted - there, MOST_EACH)
      await add(stage, await stage.newPerson(), count)
      there += count
    }
    others.push([
      Math.max(there, wanted),
      await costOf(stage, '/tasks/', people, settings),
      await costOf(stage, '/tasks/?limit=20', people, settings),
    ])
  }
  const lengths: [number, number, number][] = []
  const grown = await stage.newPerson()
  let length = 0
  for (const wanted of LENGTHS) {
    await add(stage, grown, wanted - length)
    length = wanted
    lengths.push([
      wanted,
      await costOf(stage, '/tasks/', [grown], settings),
      await costOf(stage, '/tasks/?limit=99', [grown], settings),
    ])
  }
  const rowsOf = (found: readonly [number, number, number][]) =>
    found.map(([size, hit, miss]) => [size.toLocaleString('en'), hit.toFixed(0), miss.toFixed(0)])
  const linesOf = (found: readonly [number, number, number][], x: (size: number) => number) => [
    { label: 'cached', colour: '#2b6cb0', points: found.map(([size, hit]) => [x(size), hit] as const) },
    { label: 'uncached', colour: '#c05621', points: found.map(([size, , miss]) => [x(size), miss] as const) },
  ]
  return {
    title: 'Lists and sizes',
    text: [
      'Processor time of task-service, µs a list of 20 beside so many tasks in the collection:',
      table([['tasks in the collection', 'cached', 'uncached'], ...rowsOf(others)]),
      'and of a list of so many tasks:',
      table([['tasks in the list', 'cached', 'uncached'], ...rowsOf(lengths)]),
    ].join('\n\n'),
    plots: [
      {
        name: 'sizes',
        chart: {
          title: 'What a list costs, by its length',
          xTitle: 'tasks in the list',
          xMax: 100,
          panels: [
            { title: 'processor of task-service, µs a list', lines: linesOf(lengths, (size) => size) },
          ],
        },
      },
    ],
  }
}
