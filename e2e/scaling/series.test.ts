import t from 'tap'
import type { Sample } from '../harness/load/open-loop.ts'
import { secondsOf } from './series.ts'

const read = (due: number, sent: number, end: number, status = 200): Sample => ({
  kind: 'read',
  due,
  sent,
  end,
  status,
})

t.test('requests count where they were due, answers where they arrived', (t) => {
  const [first, second] = secondsOf([read(900, 900, 1100), read(950, 950, 990)], 2)
  t.match(first, { offered: 2, answered: 1, failed: 0 })
  t.match(second, { offered: 0, answered: 1, p50: undefined, p99: undefined })
  t.end()
})

t.test('a failed request is offered and failed, never answered, and no latency', (t) => {
  const [only] = secondsOf([read(0, 0, 10), read(10, 10, 900, 503), read(20, 20, 30, 0)], 1)
  t.match(only, { offered: 3, answered: 1, failed: 2, p99: 10 })
  t.end()
})

t.test('latency runs from the due time; a generator that was held back shows', (t) => {
  const [only] = secondsOf([read(0, 400, 410)], 1)
  t.match(only, { p99: 410, p99SinceSent: 10 })
  t.end()
})

t.test('what ends after the series is offered in it, and not answered', (t) => {
  t.match(secondsOf([read(500, 500, 1500)], 1), [{ offered: 1, answered: 0 }])
  t.end()
})
