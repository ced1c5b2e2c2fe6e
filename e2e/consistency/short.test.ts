import t from 'tap'
import { faultsNamed } from './faults.ts'
import { startFaultySystem } from './faulty-system.ts'
import { measure, type Plan } from './measure.ts'
import { HEADER, row, violationsOf } from './table.ts'
import { variantModule } from './variants/variants.ts'

/** Most reads under the faults that take little of the machine: an instance that starts takes half of it for a second. */
const READS: Readonly<Record<string, number>> = {
  'kill-instance': 20_000,
  'redis-restart': 20_000,
  'redis-eviction': 40_000,
  'redis-reset': 60_000,
}
/** The last fault goes on until there were so many. */
const ALL_READS = 200_000
/** About two minutes where the machine has nothing else to do. */
const PATIENCE_MS = 900_000

const PLAN: Plan = {
  seconds: 10,
  minReads: 0,
  accounts: 32,
  readers: 16,
  writers: 4,
  seed: 1,
  mix: { readsPerWrite: 39, racingShare: 0.07 },
}

t.setTimeout(PATIENCE_MS)

t.test('no read is stale, whatever breaks', { timeout: PATIENCE_MS }, async (t) => {
  const system = await startFaultySystem({ syncOnCommit: false, say: (line) => t.comment(line) })
  t.teardown(() => system.stop())
  let reads = 0
  t.comment(HEADER)
  const faults = faultsNamed(Object.keys(READS))
  for (const fault of faults) {
    const missing = fault === faults.at(-1) ? ALL_READS - reads : 0
    const minReads = Math.max(READS[fault.name] as number, missing)
    const measurement = await measure(system, fault, { ...PLAN, minReads })
    reads += measurement.reads
    t.comment(row(measurement))
    t.same(measurement.descriptions, [], `${fault.name}: every read shows what was acknowledged before it`)
    t.notOk(measurement.isVoid, `${fault.name}: there was load enough`)
    t.ok(measurement.injections > 0, `${fault.name}: it was injected`)
    t.ok(measurement.hits > measurement.reads / 10, `${fault.name}: the cache answered`)
  }
  t.ok(reads >= ALL_READS, `${reads} reads`)
})

t.test('the same harness finds the usual protocol stale', { timeout: PATIENCE_MS }, async (t) => {
  const variant = variantModule('delete-after-write')
  const system = await startFaultySystem({
    ...(variant && { variant }),
    syncOnCommit: false,
    say: (line) => t.comment(line),
  })
  t.teardown(() => system.stop())
  const [none] = faultsNamed(['none'])
  const measurement = await measure(system, none as NonNullable<typeof none>, {
    ...PLAN,
    seconds: 5,
    minReads: 2_000,
    accounts: 12,
    writers: 8,
    mix: { readsPerWrite: 4, racingShare: 0.6 },
  })
  t.comment(row(measurement))
  t.ok(violationsOf(measurement) > 0, `${measurement.violations.stale} stale reads of ${measurement.reads}`)
})
