import t from 'tap'
import { Schedule } from './schedule.ts'

const ramp = new Schedule([
  { name: 'quiet', seconds: 10, from: 2 },
  { name: 'ramp', seconds: 4, from: 2, to: 10 },
  { name: 'plateau', seconds: 5, from: 10 },
])

const dueTimes = (schedule: Schedule) =>
  Array.from({ length: schedule.arrivals }, (_nothing, n) => schedule.dueAt(n) as number)

t.test('a constant rate is evenly spaced', (t) => {
  const times = dueTimes(new Schedule([{ name: 'constant', seconds: 2, from: 4 }]))
  t.same(times, [0.125, 0.375, 0.625, 0.875, 1.125, 1.375, 1.625, 1.875])
  t.end()
})

t.test('the arrivals of a phase are the area under its rate', (t) => {
  t.equal(ramp.arrivals, 20 + 24 + 50)
  const times = dueTimes(ramp)
  t.equal(times.filter((time) => time < 10).length, 20)
  t.equal(times.filter((time) => time >= 10 && time < 14).length, 24)
  t.equal(times.filter((time) => time >= 14).length, 50)
  t.end()
})

t.test('a ramp offers more and more', (t) => {
  const times = dueTimes(ramp)
  t.same(
    times,
    times.toSorted((a, b) => a - b),
    'in order',
  )
  const inSecond = (second: number) => times.filter((time) => Math.floor(time) === second).length
  t.same([10, 11, 12, 13].map(inSecond), [3, 5, 7, 9])
  t.equal(ramp.rateAt(12), 6)
  t.end()
})

t.test('a ramp from nothing and a ramp to nothing end within their phases', (t) => {
  const schedule = new Schedule([
    { name: 'up', seconds: 4, from: 0, to: 8 },
    { name: 'silence', seconds: 3, from: 0 },
    { name: 'down', seconds: 4, from: 8, to: 0 },
  ])
  const times = dueTimes(schedule)
  t.equal(times.length, 32)
  t.equal(times.filter((time) => time < 4).length, 16)
  t.equal(times.filter((time) => time >= 4 && time < 7).length, 0)
  t.ok(times.every((time) => time < 11))
  t.end()
})

t.test('after its end a schedule offers nothing', (t) => {
  t.equal(ramp.dueAt(ramp.arrivals), undefined)
  t.equal(ramp.rateAt(19), 0)
  t.equal(ramp.phaseAt(19), undefined)
  t.end()
})

t.test('phases are found by name and by time', (t) => {
  t.equal(ramp.phase('ramp').startsAt, 10)
  t.equal(ramp.phaseAt(13.9)?.name, 'ramp')
  t.throws(() => ramp.phase('storm'), RangeError)
  t.end()
})

t.test('an impossible phase is refused', (t) => {
  t.throws(() => new Schedule([{ name: 'x', seconds: 0, from: 1 }]), RangeError)
  t.throws(() => new Schedule([{ name: 'x', seconds: 1, from: -1 }]), RangeError)
  t.end()
})
