import t from 'tap'
import { TaskTurns } from './task-turns.ts'

t.test('what changes one task happens one after another, in the order it came', async (t) => {
  const turns = new TaskTurns()
  const seen: string[] = []
  const work = (name: string) => async () => {
    seen.push(`${name} begins`)
    await new Promise(setImmediate)
    seen.push(`${name} ends`)
    if (name === 'b') throw new Error('b fails')
    return name
  }
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.take('1', work(name))))
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.same(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  t.equal(turns.size, 0, 'nothing is kept')
})

t.test('changes of different tasks do not wait for each other', async (t) => {
  const turns = new TaskTurns()
  const first = Promise.withResolvers<void>()
  const waiting = turns.take('1', () => first.promise)
  t.equal(await turns.take('2', async () => 'done'), 'done')
  first.resolve()
  await waiting
  t.equal(turns.size, 0)
})
