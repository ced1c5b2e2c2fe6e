import { type Instance, startPlatform } from '../../dev/index.ts'
import { newPeople } from '../../e2e/harness/people.ts'
import { hits } from '../cases.ts'
import { medians } from '../measure.ts'
import { pin } from '../processor.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import { type BenchPerson, ENV, LOAD_CPU, SERVER_CPU, type Stage, withTasks } from '../stage.ts'

const PEOPLE = 20
const SILENT = { INSTANCE_NAME: '', SERVER_TIMING: 'false' }
const TELLING = { INSTANCE_NAME: 'task-2', SERVER_TIMING: 'true' }
const NAMES = ['neither', 'X-Served-By and Server-Timing']

/** What it costs a cached list to say which instance answered, and where the time went: two instances in turn, one of which says it. */
export async function headers({ stores }: Stage, { rounds, seconds }: Settings): Promise<Section> {
  const platform = await startPlatform({
    tasks: 2,
    stores,
    env: { ...process.env, ...ENV, MONGODB_DATABASE: 'bench_headers' },
    taskEnv: (index) => (index === 0 ? SILENT : TELLING),
  })
  try {
    const { tasks, auth, baseUrl } = platform.system
    for (const { pid } of tasks) pin(pid, SERVER_CPU)
    pin(process.pid, LOAD_CPU)
    const [silent, telling] = tasks as [Instance, Instance]
    const people: BenchPerson[] = []
    for (const person of await newPeople(baseUrl, PEOPLE))
      people.push(await withTasks(person, auth.url, silent.url))
    const cases = [silent, telling].map(({ pid, url }, at) => hits(NAMES[at] as string, [pid], url, people))
    const samples = await medians(cases, rounds, seconds)
    const spent = (at: number) => samples.get(NAMES[at] as string)?.processor ?? Number.NaN
    return {
      title: 'What answers say about themselves',
      text: table([
        ['a cached list with', 'processor, µs', 'ratio'],
        ...NAMES.map((name, at) => [name, spent(at).toFixed(1), (spent(at) / spent(0)).toFixed(2)]),
      ]),
    }
  } finally {
    await platform.stop()
  }
}
