import t, { type Test } from 'tap'
import { type Demand, demandOf, SHARES } from './demand.ts'
import { faultsNamed } from './faults.ts'
import { type FaultySystem, startFaultySystem } from './faulty-system.ts'
import { type Measurement, measure } from './measure.ts'
import { HEADER, row, violationsOf } from './table.ts'
import { variantModule } from './variants/variants.ts'

/** The run takes two minutes at most; this ends one that hangs. */
const PATIENCE_MS = 1_800_000

const PLAN = {
  seconds: 5,
  minReads: 0,
  accounts: 16,
  readers: 16,
  writers: 4,
  seed: 1,
  // For each write, three reads that race with it; the others show that many lists come from the cache meanwhile.
  mix: { readsPerWrite: 79, racingShare: 0.035 },
}
/** One attempt makes enough races on almost every machine. */
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

/** One kind of fault, again and again, until there were as many reads as this machine carries in its time. */
async function underFault(t: Test, system: FaultySystem, name: string, demand: Demand): Promise<number> {
  const [fault] = faultsNamed([name])
  if (fault === undefined) return 0
  const plan = { ...PLAN, ...demand.under(name), keepAs: name }
  const measurement = await measureTwice(t, system, fault, plan)
  const { reads, hits, isVoid, calmRate } = measurement
  const slow = isVoid ? `${calmRate.toFixed(0)} operations/s undisturbed` : demand.excuse(measurement)
  t.same(measurement.descriptions, [], `${name}: every read shows what was acknowledged before it`)
  if (fault.inject) t.ok(measurement.injections > 0, `${name}: it was injected`)
  okUnless(t, slow, !isVoid, `${name}: there was load enough`)
  okUnless(t, slow, hits > reads / 10, `${name}: the cache answered`)
  okUnless(t, slow, reads >= plan.minReads, `${name}: ${reads} of ${plan.minReads} reads`)
  return reads
}

t.test('no read is stale, whatever breaks', { timeout: PATIENCE_MS }, async (t) => {
  const system = await startFaultySystem({ syncOnCommit: false, say: (line) => t.comment(line) })
  t.teardown(() => system.stop())
  t.comment(HEADER)
  const [none] = faultsNamed(['none'])
  const calm = await measureTwice(t, system, none as NonNullable<typeof none>, PLAN)
  t.same(calm.descriptions, [], 'none: every read shows what was acknowledged before it')
  if (calm.isVoid) {
    const rate = calm.rate.toFixed(0)
    t.pass('reads under faults', { skip: `VOID: undisturbed this machine carries ${rate} operations/s` })
    return
  }
  const demand = demandOf(calm)
  t.comment(`undisturbed this machine carries ${calm.rate.toFixed(0)} operations/s: ${demand.describe}`)
  let reads = calm.reads
  for (const name of Object.keys(SHARES)) reads += await underFault(t, system, name, demand)
  t.comment(`${reads} reads in all`)
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
    const mix = { readsPerWrite: 4, racingShare: 0.6 }
    const plan = { ...PLAN, minReads: 2_000, accounts: 12, writers: 8, mix }
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
