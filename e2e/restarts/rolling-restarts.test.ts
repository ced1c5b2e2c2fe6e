import t, { type Test } from 'tap'
import { assertUnderLoad } from '../harness/load/assertions.ts'
import { underLoad } from '../harness/load/under-load.ts'
import { gatewayToTest, killAndStart, restartInTurn, startDrainPlatform } from './rolling-restarts.ts'

/** `make drain` gives these, and is offered exactly so much; as a part of `make test` it takes less of the machine. */
const OFFER = { most: Number(process.env.RATE ?? 100), isFixed: process.env.RATE !== undefined }
const ROUNDS = Number(process.env.ROUNDS ?? 3)
/** After so many no further round begins, except for the first ones. */
const LIMIT_SECONDS = Number(process.env.LIMIT_SECONDS ?? 90)
/** However long they take. */
const FIRST_ROUNDS = Math.min(ROUNDS, 3)
/** Whoever gives ROUNDS gets exactly so many; else the first ones are enough on a machine that is busy with other things. */
const FEWEST_ROUNDS = process.env.ROUNDS === undefined ? FIRST_ROUNDS : ROUNDS
const PATIENCE_MS = 1_800_000
const SHOWN_ERRORS = 10

t.setTimeout(PATIENCE_MS)
const say = (line: string) => void t.comment(line)
const gateway = await gatewayToTest(say)
const errors: string[] = []
const platform = await startDrainPlatform(gateway, say, (line) => errors.push(line))
const { baseUrl } = platform.system
t.teardown(() => platform.stop())

/** What must hold whatever is done to the instances; what they logged as errors, when it does not. */
async function keepsItsPromises(t: Test, disturb: () => Promise<void>): Promise<void> {
  await assertUnderLoad(t, () => underLoad(baseUrl, OFFER, disturb))
  if (!t.passing()) for (const line of errors.slice(0, SHOWN_ERRORS)) t.comment(line)
}

t.test(
  `rolling restarts behind ${gateway} fail no read, and lose and double no task`,
  { timeout: PATIENCE_MS },
  async (t) => {
    let rounds = 0
    await keepsItsPromises(t, async () => {
      rounds = await restartInTurn(platform, FIRST_ROUNDS)
      rounds += await restartInTurn(platform, ROUNDS - FIRST_ROUNDS, LIMIT_SECONDS)
    })
    t.ok(
      rounds >= FEWEST_ROUNDS && rounds <= ROUNDS,
      `rolling restarts of three instances: ${rounds} of ${ROUNDS}`,
    )
  },
)

t.test(
  `an instance killed behind ${gateway} fails no read and loses no acknowledged task`,
  { timeout: PATIENCE_MS },
  (t) => keepsItsPromises(t, () => killAndStart(platform)),
)
