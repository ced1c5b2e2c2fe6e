import t, { type Test } from 'tap'
import { assertUnderLoad } from '../harness/load/assertions.ts'
import { type Offer, underLoad } from '../harness/load/under-load.ts'
import { type Check, noWriteFailed, promisesOf } from '../harness/load/verdict.ts'
import {
  Disturbances,
  gatewayToTest,
  startDrainPlatform,
  startFastify,
  whilePosting,
} from './rolling-restarts.ts'

/** `make drain` gives these, and is offered exactly so much; as a part of `make test` it takes less of the machine. */
const OFFER = { most: Number(process.env.RATE ?? 40), isFixed: process.env.RATE !== undefined }
const ROUNDS = Number(process.env.ROUNDS ?? 3)
/** After so many no further round begins, except for the first ones. */
const LIMIT_SECONDS = Number(process.env.LIMIT_SECONDS ?? 90)
/** The first rounds are made however long they take. */
const FIRST_ROUNDS = Math.min(ROUNDS, 3)
const KILLS = Number(process.env.KILLS ?? 3)
const FIRST_KILLS = Math.min(KILLS, 3)
/** What is asked for is taken as the most: whether a machine carries it beside the starts says nothing about the product. KILL_RATE is offered exactly. */
const KILL_OFFER = process.env.KILL_RATE
  ? { most: Number(process.env.KILL_RATE), isFixed: true, isKeyed: true }
  : { most: OFFER.most, isKeyed: true }
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
const disturbances = await Disturbances.of(platform)

/** A POST that no gateway may repeat is answered by an instance: they have no token, and it says so. */
function noneUnanswered(answers: ReadonlyMap<number, number>): Check {
  return {
    what: 'each POST that no gateway may repeat is answered',
    holds: answers.has(401) && !answers.has(502),
    found: JSON.stringify([...answers]),
    needsSpeed: true,
  }
}

/** What must hold whatever is done to the instances; what they logged as errors, when it does not. */
async function keepsItsPromises(
  t: Test,
  origin: string,
  disturb: () => Promise<void>,
  offer: Offer = OFFER,
  promises = promisesOf,
): Promise<void> {
  const disturbed = () => disturb().then(() => disturbances.shortfall())
  await assertUnderLoad(t, () => underLoad(origin, offer, disturbed), promises)
  if (!t.passing()) for (const line of errors.slice(0, SHOWN_ERRORS)) t.comment(line)
}

t.test(
  `rolling restarts behind ${gateway} fail no read, and lose and double no task`,
  { timeout: PATIENCE_MS },
  async (t) => {
    let rounds = 0
    const answers = new Map<number, number>()
    const restarts = async () => {
      rounds = await disturbances.restartInTurn(FIRST_ROUNDS)
      rounds += await disturbances.restartInTurn(ROUNDS - FIRST_ROUNDS, LIMIT_SECONDS)
    }
    await keepsItsPromises(
      t,
      baseUrl,
      () => whilePosting(baseUrl, answers, restarts),
      OFFER,
      (verdict) => [...promisesOf(verdict), noneUnanswered(answers)],
    )
    t.ok(
      rounds >= FEWEST_ROUNDS && rounds <= ROUNDS,
      `rolling restarts of three instances: ${rounds} of ${ROUNDS}`,
    )
  },
)

const origins: [gateway: string, origin: () => Promise<string>][] = [[gateway, async () => baseUrl]]
if (gateway === 'nginx') origins.push(['fastify', () => startFastify(platform)])

for (const [gateway, origin] of origins) {
  t.test(
    `instances killed behind ${gateway} fail no read and no creation with an Idempotency-Key, and lose and double no task`,
    { timeout: PATIENCE_MS },
    async (t) => {
      let kills = 0
      await keepsItsPromises(
        t,
        await origin(),
        async () => {
          kills = await disturbances.killInTurn(FIRST_KILLS)
          kills += await disturbances.killInTurn(KILLS - FIRST_KILLS, LIMIT_SECONDS)
        },
        KILL_OFFER,
        (verdict) => [noWriteFailed(verdict), ...promisesOf(verdict)],
      )
      t.ok(kills >= FIRST_KILLS && kills <= KILLS, `instances killed: ${kills} of ${KILLS}`)
    },
  )
}
