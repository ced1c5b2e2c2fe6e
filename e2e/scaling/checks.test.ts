import t from 'tap'
import type { Sample } from '../harness/load/open-loop.ts'
import { type Tally, tally } from '../harness/load/verdict.ts'
import { disturbanceChecks, rampChecks, stormChecks } from './checks.ts'
import type { ReplicaSample } from './replicas.ts'

const sample = (second: number, tasks: number, auth: number, ready = tasks): ReplicaSample => ({
  at: second * 1000,
  services: {
    'task-service': { desired: tasks, ready, cpu: undefined },
    'auth-service': { desired: auth, ready: auth, cpu: undefined },
  },
})
const TIMES = { rampAt: 60_000, endOfLoadAt: 200_000, endAt: 300_000 }
const LIMITS = { podsWanted: 3, outMs: 100_000, inMs: 60_000 }
const GOOD = [sample(0, 2, 1), sample(59, 2, 1), sample(90, 4, 1, 2), sample(120, 4, 1), sample(250, 2, 1)]

const broken = (samples: ReplicaSample[]) =>
  rampChecks(samples, TIMES, LIMITS)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what)

t.test('a run as it should be passes every check', (t) => {
  t.same(broken(GOOD), [])
  t.end()
})

t.test('scaling while it is quiet is found', (t) => {
  t.same(broken([sample(0, 2, 1), sample(30, 3, 1), sample(59, 2, 1), ...GOOD.slice(2)]), [
    '60 s of quiet load change nothing',
  ])
  t.end()
})

t.test('pods that are wanted but not ready in time are found', (t) => {
  const late = [...GOOD.slice(0, 2), sample(90, 4, 1, 2), sample(161, 4, 1), sample(250, 2, 1)]
  t.same(broken(late), ['3 task-service pods are ready within 100 s of the ramp'])
  t.end()
})

t.test('an auth-service that moves with the tasks is found', (t) => {
  t.same(broken([...GOOD, sample(260, 2, 2)]), ['auth-service stays as it is'])
  t.end()
})

t.test('a minimum that returns late, or never, is found', (t) => {
  const late = 'the minimum returns within 60 s'
  t.same(broken([...GOOD.slice(0, 4), sample(261, 2, 1)]), [late])
  t.same(broken(GOOD.slice(0, 4)), [late])
  t.end()
})

t.test('a run in which nothing was seen passes no check', (t) => {
  t.equal(broken([]).length, 4)
  t.end()
})

const read = (due: number, ms: number): Sample => ({
  kind: 'read',
  due,
  sent: due,
  end: due + ms,
  status: 200,
})
const STORM = { stormAt: 20_000, endOfStormAt: 80_000 }

t.test('a storm asks for more auth-service pods, and for quick reads meanwhile', (t) => {
  const grown = [sample(0, 2, 1), sample(50, 2, 2)]
  const holds = (replicas: ReplicaSample[], samples: Sample[]) =>
    stormChecks(replicas, samples, STORM, 4).map((check) => check.holds)
  t.same(holds(grown, [read(10_000, 5), read(30_000, 19)]), [true, true])
  t.same(holds(grown, [read(10_000, 50), read(30_000, 199)]), [true, true], 'on a slower machine')
  t.same(holds(grown, [read(10_000, 5), read(30_000, 20)]), [true, false])
  t.same(
    holds(grown, [read(10_000, 5), read(30_000, 19), read(90_000, 500)]),
    [true, true],
    'slow reads after it do not count',
  )
  t.same(holds([sample(0, 2, 1), sample(50, 3, 1)], [read(10_000, 1), read(30_000, 1)]), [false, true])
  t.same(holds(grown, [read(30_000, 1)]), [true, false], 'nothing to compare with')
  t.same(holds([sample(0, 2, 1), sample(90, 2, 2)], []), [false, false], 'too late, and no reads at all')
  t.end()
})

t.test('a crash may fail one read in a hundred; any other disturbance none', (t) => {
  const reads = (requests: number, failed: number): Tally => ({ ...tally([], 'read'), requests, failed })
  const held = (all: Tally, crash: Tally) => disturbanceChecks(all, crash).map(({ holds }) => holds)
  t.same(held(reads(4_000, 4), reads(500, 4)), [true, true])
  t.same(held(reads(4_000, 5), reads(500, 4)), [false, true])
  t.same(held(reads(4_000, 5), reads(500, 5)), [true, false])
  t.same(held(reads(4_000, 0), reads(0, 0)), [true, false], 'without a read nothing is shown')
  t.end()
})
