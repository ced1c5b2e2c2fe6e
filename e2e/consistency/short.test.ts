import t from 'tap'
import { faultsNamed } from './faults.ts'
import { measure, type Plan } from './measure.ts'
import { HEADER, row, violationsOf } from './report.ts'
import { startFaultySystem } from './system.ts'
import { variantModule } from './variants/variants.ts'

/** All runs together. */
const MIN_READS = 200_000
const KINDS = ['redis-restart', 'kill-instance', 'redis-eviction']
/** The machine may be busy with other things; it stops at `MIN_READS`. */
const PATIENCE_MS = 600_000

const PLAN: Plan = {
  seconds: 15,
  minReads: Math.ceil(MIN_READS / KINDS.length),
  accounts: 16,
  readers: 16,
  writers: 4,
  seed: 1,
  mix: { readsPerWrite: 19, racingShare: 0.2 },
}

t.setTimeout(PATIENCE_MS)

t.test('no read is stale, whatever breaks', { timeout: PATIENCE_MS }, async (t) => {
  const system = await startFaultySystem({ syncOnCommit: false, say: (line) => t.comment(line) })
  t.teardown(() => system.stop())
  let reads = 0
  t.comment(HEADER)
  for (const fault of faultsNamed(KINDS)) {
    const measurement = await measure(system, fault, PLAN)
    reads += measurement.reads
    t.comment(row(measurement))
    t.same(measurement.descriptions, [], `${fault.name}: every read shows what was acknowledged before it`)
    t.notOk(measurement.isVoid, `${fault.name}: there was load enough`)
    t.ok(measurement.injections > 0, `${fault.name}: it was injected`)
    t.ok(measurement.hits > measurement.reads / 10, `${fault.name}: the cache answered`)
  }
  t.ok(reads >= MIN_READS, `${reads} reads`)
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
    seconds: 8,
    minReads: 2_000,
    writers: 8,
    mix: { readsPerWrite: 4, racingShare: 0.6 },
  })
  t.comment(row(measurement))
  t.ok(violationsOf(measurement) > 0, `${measurement.violations.stale} stale reads of ${measurement.reads}`)
})
