import t from 'tap'
import { checkTiming, TIMING } from './timing.ts'

const COMMIT_LIMIT_MS = 2_500

t.test('the durations in use do not contradict each other', async (t) => {
  t.doesNotThrow(() => checkTiming(TIMING, COMMIT_LIMIT_MS))
})

for (const [what, change, commitLimitMs, sentence] of [
  ['a duration is nothing', { probeMs: 0 }, COMMIT_LIMIT_MS, /every duration .* more than 0/],
  [
    'clocks may differ by more than the margin',
    { marginMs: 99 },
    COMMIT_LIMIT_MS,
    /ends before it is waited out/,
  ],
  ['a lease ends before it is renewed', { renewMs: 1_800 }, COMMIT_LIMIT_MS, /renewed before it ends/],
  ['a renewal may take longer than its lease', { epochLimitMs: 1_800 }, COMMIT_LIMIT_MS, /worth a lease/],
  [
    'the server may take longer than the wait for it',
    { epochServerMs: 1_001 },
    COMMIT_LIMIT_MS,
    /worth a lease/,
  ],
  ['a write may outlive its mark', {}, 7_000, /a mark outlives its write.*\(7000\)/],
  [
    'a write may begin too late for its mark',
    { markToCommitMs: 7_500 },
    COMMIT_LIMIT_MS,
    /outlives its write/,
  ],
  ['one slow answer uses up the patience', { tryMs: 500 }, COMMIT_LIMIT_MS, /more than once/],
  ['the pause between tries is longer than one', { redisRetryMs: 150 }, COMMIT_LIMIT_MS, /more than once/],
  ['an instance is taken for gone between two reports', { liveMs: 2_000 }, COMMIT_LIMIT_MS, /not forgotten/],
  ['a live instance may be forgotten', { forgetMs: 5_000 }, COMMIT_LIMIT_MS, /not forgotten/],
] as const) {
  t.test(`the start is refused when ${what}`, async (t) => {
    t.throws(() => checkTiming({ ...TIMING, ...change }, commitLimitMs), { message: sentence })
  })
}
