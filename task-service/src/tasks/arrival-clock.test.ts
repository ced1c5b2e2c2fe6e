import t from 'tap'
import { ArrivalClock } from './arrival-clock.ts'

t.test('a request arrived when it was read', async (t) => {
  let now = 1_000
  const clock = new ArrivalClock(() => now)
  clock.tick()
  now += 250
  t.equal(clock.arrivalOf(40), 1_210)
})

t.test('what is read after the process was frozen counts from when it froze', async (t) => {
  let now = 1_000
  const clock = new ArrivalClock(() => now)
  now += 100
  clock.tick()
  now += 20_000
  clock.tick()
  now += 50
  t.equal(clock.arrivalOf(10), 1_100)
  now += 500
  clock.tick()
  t.equal(clock.arrivalOf(0), 1_100, 'also a moment later: sockets are read one after the other')
  for (let step = 0; step < 2; step++) {
    now += 500
    clock.tick()
  }
  t.equal(clock.arrivalOf(0), now, 'but not for ever')
})

t.test('a busy moment is no stall', async (t) => {
  let now = 1_000
  const clock = new ArrivalClock(() => now)
  now += 900
  clock.tick()
  t.equal(clock.arrivalOf(0), 1_900)
})

t.test('a request that is read before the first tick after a freeze counts from when it froze', async (t) => {
  let now = 1_000
  const clock = new ArrivalClock(() => now)
  now += 20_000
  t.equal(clock.arrivalOf(0), 1_000)
})
