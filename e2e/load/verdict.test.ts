import t from 'tap'
import type { Kind, Sample } from './open-loop.ts'
import { percentile, tally } from './verdict.ts'
import { highestNumber } from './workloads.ts'

const sample = (kind: Kind, due: number, sent: number, end: number, status: number): Sample => ({
  kind,
  due,
  sent,
  end,
  status,
})

t.test('percentiles are nearest ranks', (t) => {
  const values = Array.from({ length: 100 }, (_nothing, i) => 100 - i)
  t.equal(percentile(values, 0.5), 50)
  t.equal(percentile(values, 0.99), 99)
  t.equal(percentile([7], 0.99), 7)
  t.equal(percentile([], 0.5), 0)
  t.equal(percentile([10, 9, 100], 1), 100, 'as numbers, not as text')
  t.end()
})

t.test('a tally counts one kind, measures from the due time, and shows how late the sending was', (t) => {
  const samples = [
    sample('read', 0, 5, 10, 200),
    sample('read', 10, 10, 30, 503),
    sample('read', 20, 20, 25, 0),
    sample('write', 20, 20, 25, 201),
  ]
  t.match(tally(samples, 'read'), {
    requests: 3,
    failed: 2,
    p50: 10,
    max: 20,
    sinceSent: { p50: 5, max: 20 },
  })
  t.match(tally(samples, 'write'), { requests: 1, failed: 0 })
  t.match(tally(samples, 'login'), { requests: 0, failed: 0, p99: 0 })
  t.end()
})

t.test('a list shows the highest number of its titles', (t) => {
  t.equal(highestNumber('[{"title":"n2"},{"title":"n11"},{"title":"n9"}]'), 11)
  t.equal(highestNumber('[]'), 0)
  t.end()
})
