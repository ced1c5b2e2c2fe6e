import t from 'tap'
import type { Exchange } from '../api/exchange.ts'
import { Feed } from './feed.ts'

const exchange = (id: string): Exchange => ({
  id,
  method: 'GET',
  path: '/tasks/',
  status: 200,
  ms: 1,
  own: false,
})

t.test('every exchange is handed on once, whether this page or the stream told of it first', async (t) => {
  const feed = new Feed()
  const seen: string[] = []
  const end = feed.subscribe(({ exchange: { id } }) => seen.push(id))
  for (const id of ['a', 'b', 'a', 'c', 'b']) feed.add(exchange(id))
  t.strictSame(seen, ['a', 'b', 'c'])
  t.equal(feed.answered, 3)
  end()
  feed.add(exchange('d'))
  t.equal(seen.length, 3)
  t.equal(feed.since(60_000).length, 4)
  const [, { at: second = 0 } = {}] = feed.since(60_000)
  t.notOk(
    feed.since(60_000, second).some(({ at }) => at > second),
    'up to a moment that was',
  )
  t.equal(feed.since(60_000, second - 60_000).length, 0)
})

t.test('the ring forgets, the count does not', async (t) => {
  const feed = new Feed()
  for (let index = 0; index < 6_000; index++) feed.add(exchange(String(index)))
  t.equal(feed.answered, 6_000)
  const kept = feed.since(60_000)
  t.equal(kept.length, 5_000)
  t.equal(kept[0]?.exchange.id, '1000', 'oldest first')
})
