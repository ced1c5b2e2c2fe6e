import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { History } from './history.ts'
import { readHistory, writeHistory } from './history-file.ts'
import { describeViolation, findViolations } from './judge.ts'

/** A history with every kind of operation and one stale read. */
function recorded(): History {
  let time = 0
  const history = new History(2, () => ++time / 4)
  const [first, lost] = [history.beginWrite(0), history.beginWrite(1)]
  history.endWrite(first, 'acknowledged')
  const stale = history.beginRead(0)
  const unanswered = history.beginRead(1)
  history.endWrite(lost, 'unknown')
  history.endRead(stale, 0)
  history.failRead(unanswered)
  history.beginWrite(0)
  return history
}

const JUDGE = fileURLToPath(new URL('../commands/judge.ts', import.meta.url))
const judge = (...files: string[]) => spawnSync(process.execPath, [JUDGE, ...files], { encoding: 'utf8' })

const verdict = (history: History) =>
  findViolations(history).map((violation) => describeViolation(history, violation))

t.test('a history that was written is judged as it was before', async (t) => {
  const history = recorded()
  const path = join(t.testdir(), 'history.gz')
  await writeHistory(history, path)
  const again = await readHistory(path)
  t.same(verdict(again), verdict(history))
  t.match(verdict(again), [/^stale: register 0/])
  t.equal(again.eventCount, history.eventCount)
  for (let operation = 0; operation < history.operations; operation++)
    t.equal(again.outcomeOf(operation), history.outcomeOf(operation))
})

t.test('make judge shows what a kept history broke, and fails', async (t) => {
  const path = join(t.testdir(), 'history.gz')
  await writeHistory(recorded(), path)
  const { status, stdout } = judge(path)
  t.equal(status, 1)
  t.match(stdout, /history\.gz: 5 operations, 1 violations\n {2}stale: register 0/)
  t.match(judge(), { status: 2, stderr: /^usage: make judge FILE=/ })
})

for (const [what, content, reason] of [
  ['that is empty', '', /is empty$/],
  ['of another kind', 'hello\n', /line 1: no authdb-history-1$/],
  ['with an event that is none', 'authdb-history-1 1\nread 0\n', /line 2: "read" is no event$/],
  ['that lacks a write', 'authdb-history-1 1\nbegin write 0 2 1\n', /line 2: register 0 would be written 1/],
  [
    'that ends an operation twice',
    'authdb-history-1 1\nbegin read 0 0 1\nend 0 failed 0 2\nend 0 failed 0 3\n',
    /line 4: operation 0 has ended already/,
  ],
] as const) {
  t.test(`a file ${what} is refused with its line`, async (t) => {
    const path = join(t.testdir({ 'x.gz': gzipSync(content) }), 'x.gz')
    await t.rejects(readHistory(path), { message: reason })
  })
}
