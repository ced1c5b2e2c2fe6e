import t from 'tap'
import { demandOf, SHARES } from './demand.ts'

const demandAt = (rate: number) => demandOf({ reads: rate * 10, seconds: 10, rate })

const total = (rate: number) => {
  const demand = demandAt(rate)
  return Object.keys(SHARES).reduce((sum, fault) => sum + demand.under(fault).minReads, 0)
}

t.test('a machine is asked for what it carries, and a fast one for 200,000 reads', async (t) => {
  t.equal(total(100_000), 200_000)
  t.equal(total(10_000), 200_000)
  t.equal(total(1_000), 20_000)
  t.match(demandAt(1_000).describe, /^20000 reads .* is asked for 200000$/)
})

t.test('the parts of a run are the whole of it', async (t) => {
  t.equal(
    Object.values(SHARES).reduce((sum, share) => sum + share),
    1,
  )
})

t.test('a run is given up after four times what the undisturbed rate promises, on any machine', async (t) => {
  for (const rate of [1, 100, 1_000, 100_000]) {
    const demand = demandAt(rate)
    const seconds = Object.keys(SHARES).reduce(
      (sum, fault) => sum + (demand.under(fault).mostSeconds ?? Number.POSITIVE_INFINITY),
      0,
    )
    t.ok(seconds <= 160, `${seconds} s at ${rate} reads/s`)
  }
})

t.test('fewer reads are excused by a machine that became slower, not by a product that did', async (t) => {
  const { excuse } = demandAt(1_000)
  t.equal(excuse({ calmRate: 900, rateAfter: 900, shortfall: undefined }), undefined)
  t.match(excuse({ calmRate: 400, rateAfter: 900, shortfall: undefined }), /1000 operations.* and 400 then/)
  t.match(excuse({ calmRate: 900, rateAfter: 300, shortfall: undefined }), /and 300 then/)
  t.equal(excuse({ calmRate: 900, rateAfter: 900, shortfall: 'late timers' }), 'late timers')
})
