import t from 'tap'
import { ABSENT, readCounters, titleOf } from './counters.ts'

function list(...titles: string[]): Buffer {
  return Buffer.from(JSON.stringify(titles.map((title) => ({ _id: '0', title, description: null }))))
}

t.test('the counters of a list are read by slot, in whatever order the tasks come', async (t) => {
  const values = [0, 0, 0]
  readCounters(list(titleOf(2, 5), titleOf(1, 20), titleOf(0, 1_234_567)), values)
  t.same(values, [1_234_567, 20, 5])
  readCounters(list(titleOf(0, 0), titleOf(2, 0), titleOf(1, 9)), values)
  t.same(values, [0, 9, 0])
})

t.test('of the tasks that are created anew the highest counts, and a missing one is absent', async (t) => {
  const values = [0, 0, 0]
  readCounters(list(titleOf(2, 8), titleOf(2, 11), titleOf(2, 9), titleOf(1, 1)), values)
  t.same(values, [ABSENT, 1, 11])
})

t.test('a list that has a lasting task twice, or another one, is refused', async (t) => {
  const values = [0, 0, 0]
  t.throws(() => readCounters(list(titleOf(0, 1), titleOf(0, 2)), values), /not the account's list/)
  t.throws(() => readCounters(list(titleOf(3, 1)), values), /not the account's list/)
  t.throws(() => readCounters(list('shopping', titleOf(1, 2)), values), /not the account's list/)
})
