import t from 'tap'
import type { Sample } from './open-loop.ts'
import { keepsUp } from './under-load.ts'

const answers = (count: number): Sample[] =>
  Array.from({ length: count }, () => ({ kind: 'read', due: 0, sent: 0, end: 1, status: 200 }))

t.test('a load that is answered at about its rate says something', (t) => {
  t.doesNotThrow(() => keepsUp({ samples: answers(400), elapsed: 5_000 }, 100))
  t.end()
})

t.test('a run is void when the machine cannot carry the rate undisturbed', (t) => {
  t.throws(() => keepsUp({ samples: answers(395), elapsed: 5_000 }, 100), {
    message: /^void: 79 of 100 requests\/s are answered before/,
  })
  t.end()
})
