import t from 'tap'
import { EpochDocument } from '../../test/support/epoch-document.ts'
import { type Instance, startInstance } from '../../test/support/epoch-instance.ts'
import { FakeTime } from '../../test/support/fake-time.ts'

const INSTANCES = 3
const DURATION_MS = 90_000
const FAULTS_PER_STEP = 0.003
const LATE_ANSWER_MS = 3_000

/** Numbers that look random and are the same in every run (Park and Miller). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** One instance and its links, which come and go: to a Redis, another, or none, and to MongoDB, which may answer late. */
class Links {
  readonly instance: Instance
  readonly #document: EpochDocument
  readonly #random: () => number
  #answer = () => {}

  constructor(document: EpochDocument, instance: Instance, random: () => number) {
    this.#document = document
    this.instance = instance
    this.#random = random
  }

  step(): void {
    if (this.#random() > FAULTS_PER_STEP) return
    this.#document.away = this.#random() < 0.2
    this.instance.redis = ['A', 'A', 'A', 'B', undefined][Math.floor(this.#random() * 5)]
    if (this.#random() < 0.3) this.#answerLate()
  }

  #answerLate(): void {
    this.end()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#document.answering = promise
    this.#answer = resolve
    setTimeout(resolve, this.#random() * LATE_ANSWER_MS)
  }

  end(): void {
    this.#answer()
  }
}

/**
 * Who reads from a cache and who could write at the same moment. A write under another epoch leaves no mark where the
 * reader looks.
 */
async function observe(instances: Instance[], seen: { reads: number; direct: number; unsafe: number }) {
  const writers = await Promise.all(instances.map(({ lease }) => lease.writable(0)))
  seen.direct += writers.filter((writer) => writer?.redisRun === 'off').length
  for (const { lease } of instances) {
    const reader = lease.current()
    if (!reader?.readable) continue
    seen.reads++
    seen.unsafe += writers.filter((writer) => writer && writer.epoch !== reader.epoch).length
  }
}

for (const seed of [1, 2, 3]) {
  t.test(`whatever fails, nobody reads from a cache that another writes past (seed ${seed})`, async (t) => {
    const time = FakeTime.start(t)
    const document = new EpochDocument(time.now)
    const random = seeded(seed)
    const links = Array.from({ length: INSTANCES }, () => {
      const link = document.link()
      return new Links(link, startInstance(t, link, time.now, 'A'), random)
    })
    const instances = links.map(({ instance }) => instance)
    const seen = { reads: 0, direct: 0, unsafe: 0 }
    await time.pass(DURATION_MS, async () => {
      for (const link of links) link.step()
      await observe(instances, seen)
    })
    for (const link of links) link.end()
    t.equal(seen.unsafe, 0)
    t.ok(seen.reads > 500, `the cache was on (${seen.reads} reads)`)
    t.ok(seen.direct > 500, `and off (${seen.direct} direct writes)`)
  })
}
