import t from 'tap'
import type { Exchange } from '../api/exchange.ts'
import { journeyOf } from './journey.ts'
import { layOut } from './layout.ts'

const layout = layOut(600, ['task-1', 'task-2'])
const HIT: Exchange = {
  id: '1',
  method: 'GET',
  path: '/tasks/',
  status: 200,
  ms: 10,
  instance: 'task-2',
  cache: 'hit',
  app: 2,
  redis: 1,
  own: true,
}

t.test('a request is drawn on the way that its answer tells, and on no other', async (t) => {
  const { boxes, legs } = journeyOf(HIT, layout, 'walk')
  t.strictSame(boxes, ['you', 'gateway', 'task-2', 'redis'])
  t.equal(legs.length, 6, 'to the gateway, the instance and Redis, and back')
  t.equal(legs[0]?.ms, 2, 'a quarter of what was spent on the way')
  const written = journeyOf({ ...HIT, method: 'POST', mongodb: 3 }, layout, 'live')
  t.strictSame(written.boxes, ['you', 'gateway', 'task-2', 'redis', 'mongodb'])
})

t.test('what no service answered ends at the gateway; what got no answer never comes back', async (t) => {
  const { instance: _, cache: _cache, app: _app, redis: _redis, ...bare } = HIT
  t.strictSame(journeyOf({ ...bare, status: 502 }, layout, 'walk').boxes, ['you', 'gateway'])
  t.equal(journeyOf({ ...bare, status: 502 }, layout, 'walk').legs.length, 2)
  t.equal(journeyOf({ ...bare, status: 0 }, layout, 'walk').legs.length, 1)
})

t.test('an unknown instance is not drawn at another one', async (t) => {
  t.strictSame(journeyOf({ ...HIT, instance: 'task-9' }, layout, 'walk').boxes, ['you', 'gateway'])
})

t.test(
  'no box lies outside the picture or on another one, with one instance or twenty, narrow or wide',
  async (t) => {
    for (const width of [320, 600, 1100]) {
      for (const count of [1, 3, 8, 20]) {
        const names = Array.from({ length: count }, (_one, index) => `task-${index + 1}`)
        const { tasks, auth, redis, mongodb, you, gateway, ...picture } = layOut(width, names)
        const boxes = [you, gateway, auth, ...tasks, mongodb, redis]
        t.ok(boxes.every((box) => box.x - box.width / 2 >= 0 && box.x + box.width / 2 <= picture.width))
        t.ok(boxes.every((box) => box.y + box.height / 2 <= picture.height))
        const overlap = boxes.some((one, index) =>
          boxes.slice(index + 1).some((other) => {
            const besides = Math.abs(one.x - other.x) >= (one.width + other.width) / 2
            return !besides && Math.abs(one.y - other.y) < one.height
          }),
        )
        t.notOk(overlap, `${count} instances at ${width} px`)
      }
    }
  },
)
