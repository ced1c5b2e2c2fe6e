import t, { type Test } from 'tap'
import type { Verdict } from '../load/verdict.ts'
import {
  describe,
  gatewayToTest,
  killAndStart,
  restartInTurn,
  startDrainPlatform,
  underLoad,
} from './rolling-restarts.ts'

/** `make drain` runs this file with RATE=400 and ROUNDS=10; as a part of `make test` it takes less of the machine. */
const RATE = Number(process.env.RATE ?? 100)
const ROUNDS = Number(process.env.ROUNDS ?? 4)
/** A machine that is busy with other things makes fewer rounds, but no fewer than these. */
const FEWEST_ROUNDS = Math.min(ROUNDS, 3)
const SECONDS = Number(process.env.SECONDS ?? 90)
const PATIENCE_MS = 900_000
const SHOWN_ERRORS = 10

t.setTimeout(PATIENCE_MS)
const say = (line: string) => void t.comment(line)
const gateway = await gatewayToTest(say)
const errors: string[] = []
const platform = await startDrainPlatform(gateway, say, (line) => errors.push(line))
t.teardown(() => platform.stop())

/** What must hold whatever is done to the instances. */
function keepsItsPromises(t: Test, verdict: Verdict): void {
  t.comment(describe(verdict))
  t.equal(verdict.reads.failed, 0, 'no GET failed')
  t.same(verdict.lost, [], 'every acknowledged task is there')
  t.same(verdict.doubled, [], 'none is there twice')
  t.same(verdict.invented, [], 'none is there that nobody asked for')
  t.same(verdict.staleReads, [], 'every list shows what was acknowledged before')
  t.same(
    Object.keys(verdict.refusals).filter((refusal) => refusal.includes(' 500')),
    [],
    'every refusal is a known one',
  )
  t.ok(verdict.acknowledged > 20, `there was something to lose: ${verdict.acknowledged} tasks`)
  if (!t.passing()) for (const line of errors.slice(0, SHOWN_ERRORS)) t.comment(line)
}

t.test(
  `rolling restarts behind ${gateway} at ${RATE} requests/s fail no read, and lose and double no task`,
  { timeout: PATIENCE_MS },
  async (t) => {
    let rounds = 0
    const verdict = await underLoad(platform, RATE, async (system) => {
      rounds = await restartInTurn(system, FEWEST_ROUNDS)
      rounds += await restartInTurn(system, ROUNDS - FEWEST_ROUNDS, SECONDS)
    })
    t.comment(`${rounds} rolling restarts of three instances`)
    keepsItsPromises(t, verdict)
  },
)

t.test(
  `an instance killed behind ${gateway} at ${RATE} requests/s fails no read and loses no acknowledged task`,
  { timeout: PATIENCE_MS },
  async (t) => {
    keepsItsPromises(t, await underLoad(platform, RATE, killAndStart))
  },
)
