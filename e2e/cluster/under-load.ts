import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { Random } from '../consistency/random.ts'
import { OpenLoop } from '../load/open-loop.ts'
import { newPeople } from '../load/people.ts'
import { Schedule } from '../load/schedule.ts'
import { judge, type Verdict } from '../load/verdict.ts'
import { createAgent, TaskWorkload } from '../load/workloads.ts'

const PEOPLE = 20
/** Of load before and after the action. */
const SETTLE_MS = 3_000
/** The load is stopped when the action is over. */
const LONGEST_SECONDS = 900

/**
 * Runs an action while people read and write at a constant rate, with some seconds of load before and after it.
 * @param rate requests a second, nine reads for each write
 */
export async function underLoad(
  baseUrl: string,
  rate: number,
  action: () => Promise<void>,
): Promise<Verdict> {
  const people = await newPeople(baseUrl, PEOPLE)
  const agent = createAgent()
  const workload = new TaskWorkload(agent, baseUrl, people, new Random(randomBytes(4).readUInt32LE()))
  const schedule = new Schedule([{ name: 'constant', seconds: LONGEST_SECONDS, from: rate }])
  const load = new OpenLoop({ schedule, workload })
  const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  try {
    await settle()
    await action()
    await settle()
  } finally {
    await load.stop()
    await agent.destroy()
  }
  return judge(load, workload, baseUrl, people)
}

/** Whatever fails meanwhile: what was acknowledged stays, once, and no list is older than it. */
export function promisesAreKept(t: Test, verdict: Verdict): void {
  const { reads, writes, refusals, acknowledged, stale } = verdict
  const round = (ms: number) => Math.round(ms * 10) / 10
  t.comment(
    `${reads.requests} reads, ${reads.failed} failed, p50 ${round(reads.p50)} ms, p99 ${round(reads.p99)} ms; ` +
      `${writes.requests} writes, ${writes.failed} failed, ${acknowledged} acknowledged; ` +
      `${stale} stale; refusals ${JSON.stringify(refusals)}`,
  )
  t.strictSame(verdict.lost, [], 'every acknowledged task is there')
  t.strictSame(verdict.doubled, [], 'none is there twice')
  t.strictSame(verdict.staleReads, [], 'no list was older than an acknowledged write')
  t.ok(acknowledged > 20, 'there was something to lose')
}

export function noReadFailed(t: Test, { reads, refusals }: Verdict): void {
  t.equal(reads.failed, 0, `no read failed: ${JSON.stringify(refusals)}`)
}

export function noWriteFailed(t: Test, { writes, refusals }: Verdict): void {
  t.equal(writes.failed, 0, `no write failed: ${JSON.stringify(refusals)}`)
}
