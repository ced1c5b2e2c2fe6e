import t from 'tap'
import { createTapReport } from '../src/tap-report.ts'

function report(tap: string, isWell = true) {
  const tapReport = createTapReport()
  for (const line of tap.split('\n')) tapReport.push(line)
  const counts = tapReport.end(isWell)
  return { printed: tapReport.lines(), counts }
}

const GOOD = `TAP version 14
# Subtest: adds
    # Subtest: deep
        # VOID: the machine was slow
        ok 1 - should be equal
        ok 2 - later # SKIP not on this machine
        1..2
    ok 1 - deep # time=1ms
    ok 2 - should be equal
    1..2
ok 1 - adds # time=4.1ms
ok 2 - by itself
1..2`

t.test('a file that is well is its tests by name, with what was void or skipped', async (t) => {
  t.strictSame(report(GOOD).printed, [
    '            # VOID: the machine was slow',
    '            later # SKIP not on this machine',
    '    adds',
    '    by itself',
  ])
})

t.test('assertions are counted, and not the tests around them', async (t) => {
  t.strictSame(report(GOOD).counts, { passed: 3, failed: 0, skipped: 1 })
})

t.test('of a failing file everything is printed, and its failure is counted once', async (t) => {
  const { printed, counts } = report(`TAP version 14
# Subtest: adds
    not ok 1 - should be equal
      ---
      diff: 1
      ...
    1..1
not ok 1 - adds # time=3ms
1..1`)
  t.ok(printed.includes('      diff: 1'))
  t.strictSame(counts, { passed: 0, failed: 1, skipped: 0 })
})

t.test(
  'a test that fails without a failing assertion, and a file that ends early, are failures',
  async (t) => {
    const early = 'TAP version 14\n# Subtest: adds\n    ok 1 - should be equal\n'
    for (const [tap, isWell] of [
      ['TAP version 14\n# Subtest: adds\n    1..0\nnot ok 1 - adds # timeout\n1..1', false],
      [early, false],
      [early, true],
      ['', true],
      ['TAP version 14\nok 1 - x\n1..1', false],
      ['TAP version 14\nok 1 - x\n1..2', true],
    ] as const)
      t.equal(report(tap, isWell).counts.failed, 1, JSON.stringify(tap))
  },
)
