import t from 'tap'
import { explore, type Model } from './explorer.ts'
import { StateKey, VisitedStates } from './visited-states.ts'

/** Two counters that may each be raised to `top`; reaching `forbidden` breaks freshness. */
function counters(top: number, forbidden: readonly [number, number]): Model<readonly [number, number]> {
  return {
    name: 'counters',
    words: 1,
    initial: [0, 0],
    writeKey: ([a, b], key) => {
      key.put(a, 8)
      key.put(b, 8)
    },
    steps: ([a, b]) => {
      const next: [string, readonly [number, number]][] = []
      if (a < top) next.push(['raise a', [a + 1, b]])
      if (b < top) next.push(['raise b', [a, b + 1]])
      return next.map(([label, state]) =>
        state[0] === forbidden[0] && state[1] === forbidden[1]
          ? { label, state, breaks: ['fresh' as const] }
          : { label, state },
      )
    },
  }
}

t.test('every reachable state is visited once', async (t) => {
  const { states, steps, depth, complete, counterexamples } = explore(counters(9, [99, 99]))
  t.equal(states, 100)
  t.equal(steps, 180)
  t.equal(depth, 19, 'the last level has no new states')
  t.ok(complete)
  t.equal(counterexamples.size, 0)
})

t.test('a counterexample is a shortest path and ends with the step that breaks the property', async (t) => {
  const trace = explore(counters(9, [2, 1])).counterexamples.get('fresh')
  t.same(trace?.toSorted(), ['raise a', 'raise a', 'raise b'])
})

t.test('the search may end with the first counterexample', async (t) => {
  t.ok(explore(counters(9, [1, 0]), { until: 'fresh' }).states < 5)
})

t.test('a search that was cut short says so', async (t) => {
  t.notOk(explore(counters(9, [99, 99]), { maxStates: 10 }).complete)
})

t.test('a state is found again among many, also after the tables have grown', async (t) => {
  const visited = new VisitedStates(2)
  const key = new StateKey(2)
  const write = (n: number) => {
    key.clear()
    key.put(n % 7, 3)
    key.put(n, 30)
    return key
  }
  let added = 0
  for (let n = 0; n < 50_000; n++) if (visited.add(write(n), n - 1)) added++
  t.equal(added, 50_000)
  for (const n of [0, 1, 4_095, 49_999]) {
    t.equal(visited.find(write(n)), n)
    t.equal(visited.parentOf(n), n - 1)
    t.notOk(visited.add(write(n), 0), 'it is known')
  }
  t.equal(visited.find(write(50_000)), -1)
  t.equal(visited.count, 50_000)
})

t.test('a value that does not fit its field is refused, never cut', async (t) => {
  const key = new StateKey(1)
  t.throws(() => key.put(4, 2), RangeError)
  t.throws(() => key.put(-1, 2), RangeError)
  key.put(1, 20)
  t.throws(() => key.put(1, 20), RangeError)
})
