import t from 'tap'
import type { Kind, Sample } from './open-loop.ts'
import { KEPT, NONE_FAILED } from './verdict.fixture.ts'
import { dataPromisesOf, noWriteFailed, percentile, promisesOf, tally, type Verdict } from './verdict.ts'
import { highestNumber } from './workloads.ts'

const sample = (kind: Kind, due: number, sent: number, end: number, status: number): Sample => ({
  kind,
  due,
  sent,
  end,
  status,
})

t.test('a percentile is a nearest rank', (t) => {
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

t.test('each promise is broken by one thing alone', (t) => {
  t.same(
    promisesOf(KEPT).filter(({ holds }) => !holds),
    [],
    'a run as it should be',
  )
  const breaking: [promise: RegExp, seen: Partial<Verdict>][] = [
    [/no GET failed/, { reads: { ...NONE_FAILED, failed: 1 } }],
    [/no acknowledged POST is lost/, { lost: ['0: n1'] }],
    [/no task is there twice/, { doubled: ['0: n1'] }],
    [/no task is there that nobody asked for/, { invented: ['0: n1'] }],
    [/no stale read/, { stale: 1, staleReads: ['stale: register 0'] }],
    [/no answer is a 500/, { refusals: { 'POST 503 overloaded': 4, 'GET 500': 1 } }],
    [/there was something to lose/, { acknowledged: 20 }],
  ]
  t.equal(promisesOf(KEPT).length, breaking.length, 'and these are all')
  for (const [promise, seen] of breaking) {
    const broken = promisesOf({ ...KEPT, ...seen }).filter(({ holds }) => !holds)
    t.equal(broken.length, 1)
    t.match(broken[0]?.what, promise)
  }
  t.end()
})

t.test('failed requests break no promise about data', (t) => {
  const failing = { ...KEPT, reads: { ...NONE_FAILED, failed: 9 }, writes: { ...NONE_FAILED, failed: 9 } }
  t.ok(dataPromisesOf(failing).every(({ holds }) => holds))
  t.match(noWriteFailed(failing), { holds: false, found: '9 of 90' })
  t.match(noWriteFailed(KEPT), { holds: true })
  t.end()
})

t.test('a broken promise names the first examples', (t) => {
  const lost = ['0: n1', '0: n2', '1: n1', '2: n1']
  t.match(promisesOf({ ...KEPT, lost })[1], { found: '4: 0: n1; 0: n2; 1: n1' })
  t.end()
})
