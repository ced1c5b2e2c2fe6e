/** Every duration of the cache, in milliseconds. {@link checkTiming} knows which of them depend on each other. */
export const TIMING = {
  /** Life of a lease, counted from before its renewal was sent. A new epoch is settled after as long a wait. */
  leaseMs: 2_000,
  /** A lease is given up this much earlier: safety margin for clocks that run at different speeds. */
  marginMs: 200,
  /** Between two renewals */
  renewMs: 1_000,
  /** Between two renewals while something is about to change */
  retryMs: 100,
  /** Redis away for longer than this is taken for off, so that no write has to find out. */
  giveUpMs: 1_000,
  /** MongoDB's own limit for one step on the epoch */
  epochServerMs: 800,
  /** The same with the way there and back: a silent connection must not hold up the next attempt on another one. */
  epochLimitMs: 1_000,
  /** An instance that has reported within this time counts when the cache is turned on or off. */
  liveMs: 5_000,
  /** The document forgets an instance after this time. */
  forgetMs: 60_000,
  /** How long a write tries to reach Redis before it has the cache turned off for everyone */
  patienceMs: 500,
  /** Between two tries */
  redisRetryMs: 25,
  /** A try counts at most so much, however long it took: a process that was frozen has not been waiting. */
  tryMs: 150,
  /** A Redis that failed is asked this often whether it is back. */
  probeMs: 100,
  /** Longer than any acknowledged write takes from its MARK to its end */
  markLifeMs: 10_000,
  /** From MARK to the start of the write in MongoDB, at most; later, it is not made. */
  markToCommitMs: 3_000,
  /** A claim whose reader has died holds up the next fill for so long. */
  claimLifeMs: 3_000,
  /** The last resort, not the mechanism */
  valueLifeMs: 60_000,
  /** Between two tries to remove the mark of a write that was answered without success */
  lateRetryMs: 250,
}

export type Timing = Readonly<typeof TIMING>

/** Lives of values are spread by this share, so that lists do not expire together. */
export const LIFE_JITTER = 0.1
/** Clocks of two machines may run at speeds that differ by this share at most. */
const CLOCK_DRIFT = 0.05

/**
 * What the proof (task-service/model) takes for granted about durations.
 * @param commitLimitMs after its start, a write in MongoDB is answered within this time
 * @throws Error a sentence for the first durations that contradict each other
 */
export function checkTiming(timing: Timing, commitLimitMs: number): void {
  const { leaseMs, marginMs, renewMs, epochServerMs, epochLimitMs, liveMs, forgetMs } = timing
  const { patienceMs, redisRetryMs, tryMs, markLifeMs, markToCommitMs } = timing
  const heldMs = leaseMs - marginMs
  const rules: [boolean, string][] = [
    [Object.values(timing).every((ms) => ms > 0), 'every duration of the cache is more than 0 ms'],
    [
      marginMs >= leaseMs * CLOCK_DRIFT,
      `a lease ends before it is waited out on any clock: marginMs (${marginMs}) is at least ${CLOCK_DRIFT} of leaseMs (${leaseMs})`,
    ],
    [
      renewMs < heldMs,
      `a lease is renewed before it ends: renewMs (${renewMs}) is less than leaseMs - marginMs (${heldMs})`,
    ],
    [
      epochServerMs <= epochLimitMs && epochLimitMs < heldMs,
      `an answer is worth a lease: epochServerMs (${epochServerMs}) <= epochLimitMs (${epochLimitMs}) < leaseMs - marginMs (${heldMs})`,
    ],
    [
      markToCommitMs + commitLimitMs < markLifeMs,
      `a mark outlives its write: markToCommitMs (${markToCommitMs}) + the limit of a write (${commitLimitMs}) is less than markLifeMs (${markLifeMs})`,
    ],
    [
      tryMs < patienceMs && redisRetryMs < tryMs,
      `a write tries Redis more than once: redisRetryMs (${redisRetryMs}) < tryMs (${tryMs}) < patienceMs (${patienceMs})`,
    ],
    [
      renewMs + epochLimitMs < liveMs && liveMs < forgetMs,
      `a live instance is not forgotten: renewMs (${renewMs}) + epochLimitMs (${epochLimitMs}) < liveMs (${liveMs}) < forgetMs (${forgetMs})`,
    ],
  ]
  const broken = rules.find(([holds]) => !holds)
  if (broken) throw new Error(`The durations of the cache contradict each other: ${broken[1]}.`)
}
