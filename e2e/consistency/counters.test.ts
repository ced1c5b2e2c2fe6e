import t from 'tap'
import { readCounters, titleOf } from './counters.ts'

function list(...titles: string[]): Buffer {
  return Buffer.from(JSON.stringify(titles.map((title) => ({ _id: '0', title, description: null }))))
}

t.test('the counters of a list are read by slot, in whatever order the tasks come', async (t) => {
  const values = [0, 0]
  readCounters(list(titleOf(1, 20), titleOf(0, 1_234_567)), values)
  t.same(values, [1_234_567, 20])
  readCounters(list(titleOf(0, 0), titleOf(1, 9)), values)
  t.same(values, [0, 9])
})

t.test('a list that lacks a task, has one twice, or has another is refused', async (t) => {
  const values = [0, 0]
  t.throws(() => readCounters(list(titleOf(0, 1)), values), /not the account's list/)
  t.throws(() => readCounters(list(titleOf(0, 1), titleOf(0, 2)), values), /not the account's list/)
  t.throws(
    () => readCounters(list(titleOf(0, 1), titleOf(1, 2), titleOf(0, 3)), values),
    /not the account's list/,
  )
  t.throws(() => readCounters(list('shopping', titleOf(1, 2)), values), /not the account's list/)
})
