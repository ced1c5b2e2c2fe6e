import t from 'tap'
import { voidReason } from './assertions.ts'
import { carriedRate } from './capacity.ts'
import type { Sample } from './open-loop.ts'
import { keepsUp } from './under-load.ts'
import { KEPT, NONE_FAILED } from './verdict.fixture.ts'
import { promisesOf, type Verdict } from './verdict.ts'

const answers = (count: number): Sample[] =>
  Array.from({ length: count }, () => ({ kind: 'read', due: 0, sent: 0, end: 1, status: 200 }))

t.test('a load that is answered at about its rate is taken', (t) => {
  t.doesNotThrow(() => keepsUp({ samples: answers(400), elapsed: 5_000 }, 100))
  t.end()
})

t.test('a run is void when the machine cannot carry the rate undisturbed', (t) => {
  t.throws(() => keepsUp({ samples: answers(395), elapsed: 5_000 }, 100), {
    message: /^void: 79 of 100 requests\/s are answered before/,
  })
  t.end()
})

const failed = { reads: { ...NONE_FAILED, failed: 3 } }
const whyVoid = (seen: Partial<Verdict>, shortfall?: string) =>
  voidReason({ shortfall }, promisesOf({ ...KEPT, ...seen }))

t.test('failed requests on a machine that fell short make a run void', async (t) => {
  t.equal(whyVoid(failed, 'timers were late'), 'timers were late')
  t.equal(whyVoid({ acknowledged: 3 }, 'timers were late'), 'timers were late')
})

t.test('failed requests on a machine that was up to it are the product’s', async (t) => {
  t.equal(whyVoid(failed), undefined)
})

t.test('a run in which every promise was kept counts, however slow the machine was', async (t) => {
  t.equal(whyVoid({}, 'timers were late'), undefined)
})

for (const [what, seen] of Object.entries<Partial<Verdict>>({
  lost: { lost: ['0: n1'] },
  doubled: { doubled: ['0: n1'] },
  stale: { stale: 1, staleReads: ['stale: register 0'] },
  'a 500': { refusals: { 'GET 500': 1 } },
})) {
  t.test(`what is ${what} is never void, on whatever machine`, async (t) => {
    t.equal(whyVoid({ ...seen, ...failed }, 'timers were late'), undefined)
  })
}

t.test('the rate that a system carries counts good answers alone', async (t) => {
  let [now, sent] = [0, 0]
  const send = () => {
    now += 10
    return { kind: 'read' as const, status: Promise.resolve(sent++ % 2 === 0 ? 200 : 503) }
  }
  t.equal(await carriedRate({ send }, { atOnce: 1, seconds: 2, now: () => now }), 50)
})
