import t, { type Test } from 'tap'
import { faultsNamed } from './faults.ts'
import { startFaultySystem } from './faulty-system.ts'
import { type Measurement, measure, type Plan } from './measure.ts'
import { HEADER, row, violationsOf } from './table.ts'
import { variantModule } from './variants/variants.ts'

/** Fewest reads under each fault. Most come under faults that cost little: an instance that starts takes half the machine for a second. */
const READS: Readonly<Record<string, number>> = {
  'kill-instance': 20_000,
  'redis-restart': 20_000,
  'redis-eviction': 40_000,
  'redis-reset': 60_000,
}
/** The last fault goes on until there were so many. */
const ALL_READS = 200_000
/** About two minutes where the machine has nothing else to do. */
const PATIENCE_MS = 1_800_000

const PLAN: Plan = {
  seconds: 10,
  minReads: 0,
  mostSeconds: 120,
  accounts: 32,
  readers: 16,
  writers: 4,
  seed: 1,
  mix: { readsPerWrite: 39, racingShare: 0.07 },
}
/** One races enough on almost every machine. */
const VARIANT_ATTEMPTS = 5

t.setTimeout(PATIENCE_MS)

/** A void run is made once more. */
async function measureTwice(t: Test, ...run: Parameters<typeof measure>): Promise<Measurement> {
  const measurement = await measure(...run)
  t.comment(row(measurement))
  if (!measurement.isVoid) return measurement
  const again = await measure(...run)
  t.comment(row(again))
  return again
}

/** @param skip why it need not hold on this machine */
function okUnless(t: Test, skip: string | undefined, holds: boolean, message: string): void {
  if (!holds && skip !== undefined) t.pass(message, { skip: `VOID: ${skip}` })
  else t.ok(holds, message)
}

t.test('no read is stale, whatever breaks', { timeout: PATIENCE_MS }, async (t) => {
  const system = await startFaultySystem({ syncOnCommit: false, say: (line) => t.comment(line) })
  t.teardown(() => system.stop())
  let reads = 0
  let shortfall: string | undefined
  t.comment(HEADER)
  const faults = faultsNamed(Object.keys(READS))
  for (const fault of faults) {
    const missing = fault === faults.at(-1) ? ALL_READS - reads : 0
    const minReads = Math.max(READS[fault.name] as number, missing)
    const measurement = await measureTwice(t, system, fault, { ...PLAN, minReads, keepAs: fault.name })
    reads += measurement.reads
    if (measurement.reads < minReads)
      shortfall = `in ${measurement.seconds.toFixed(0)} s this machine carried ${measurement.reads} reads`
    t.same(measurement.descriptions, [], `${fault.name}: every read shows what was acknowledged before it`)
    const slow = measurement.isVoid
      ? `${measurement.calmRate.toFixed(0)} operations/s undisturbed`
      : measurement.shortfall
    okUnless(t, slow, !measurement.isVoid, `${fault.name}: there was load enough`)
    t.ok(measurement.injections > 0, `${fault.name}: it was injected`)
    okUnless(t, slow, measurement.hits > measurement.reads / 10, `${fault.name}: the cache answered`)
  }
  okUnless(t, shortfall, reads >= ALL_READS, `${reads} reads`)
})

t.test(
  'the same harness finds stale reads of the usual protocol, which deletes after the write',
  { timeout: PATIENCE_MS },
  async (t) => {
    const variant = variantModule('delete-after-write')
    const system = await startFaultySystem({
      ...(variant && { variant }),
      syncOnCommit: false,
      say: (line) => t.comment(line),
    })
    t.teardown(() => system.stop())
    const [none] = faultsNamed(['none'])
    const plan = {
      ...PLAN,
      seconds: 5,
      minReads: 2_000,
      accounts: 12,
      writers: 8,
      mix: { readsPerWrite: 4, racingShare: 0.6 },
    }
    let [reads, violations] = [0, 0]
    for (let seed = 1; seed <= VARIANT_ATTEMPTS && violations === 0; seed++) {
      const measurement = await measure(system, none as NonNullable<typeof none>, { ...plan, seed })
      t.comment(row(measurement))
      reads += measurement.reads
      violations += violationsOf(measurement)
    }
    t.ok(violations > 0, `${violations} violations in ${reads} reads`)
  },
)
