import t from 'tap'
import { LastAdmin } from '../errors.ts'
import { leaveAsAdmin } from './last-admin.ts'

interface Admin {
  leaving?: { op: string; at: Date }
}

/** What MongoDB does for it, each step atomic; `pause` decides when a step happens. */
function newMarks(names: string[], pause: () => Promise<void> = async () => undefined) {
  const admins = new Map<string, Admin>(names.map((name) => [name, {}]))
  const marks = {
    markLeaving: async (id: string, op: string, staleBefore: Date) => {
      await pause()
      const admin = admins.get(id)
      if (!admin || (admin.leaving && admin.leaving.at >= staleBefore)) return false
      admin.leaving = { op, at: new Date() }
      return true
    },
    unmarkLeaving: async (id: string, op: string) => {
      await pause()
      const admin = admins.get(id)
      if (admin?.leaving?.op === op) delete admin.leaving
    },
    clearMarks: async (staleBefore: Date) => {
      await pause()
      for (const admin of admins.values())
        if (admin.leaving && admin.leaving.at < staleBefore) delete admin.leaving
    },
    hasOtherAdmin: async (id: string, staying: boolean) => {
      await pause()
      return [...admins].some(([name, admin]) => name !== id && !(staying && admin.leaving))
    },
  }
  const leave = (id: string) =>
    leaveAsAdmin(marks, id, async (op) => {
      await pause()
      if (admins.get(id)?.leaving?.op !== op) return undefined
      admins.delete(id)
      return id
    })
  return { admins, leave }
}

t.test('one of two may go, the other then not', async (t) => {
  const { admins, leave } = newMarks(['a', 'b'])
  t.equal(await leave('a'), 'a')
  await t.rejects(leave('b'), new LastAdmin())
  t.strictSame([...admins], [['b', {}]], 'and is not marked')
})

t.test('who is no administrator is told apart', async (t) => {
  const { leave } = newMarks(['a', 'b'])
  t.equal(await leave('c'), undefined)
})

t.test('whatever the order of steps, somebody stays', async (t) => {
  for (let round = 0; round < 50; round++) {
    const pause = async () => {
      for (let i = Math.floor(Math.random() * 4); i > 0; i--) await null
    }
    const { admins, leave } = newMarks(['a', 'b', 'c'], pause)
    const left = await Promise.allSettled(['a', 'b', 'c'].map(leave))
    const gone = left.filter((result) => result.status === 'fulfilled' && result.value !== undefined).length
    if (admins.size === 0 || admins.size + gone !== 3) t.fail(`${admins.size} stayed, ${gone} went`)
  }
  t.pass('in 50 rounds')
})

t.test('a process that froze before its write finds its mark gone', async (t) => {
  const { admins, leave } = newMarks(['a', 'b'])
  const frozen = { op: 'frozen', at: new Date(Date.now() - 60_000) }
  admins.set('a', { leaving: frozen })
  t.equal(await leave('b'), 'b', 'the stale mark does not count')
  t.strictSame(admins.get('a'), {}, 'and is gone, so that the frozen write does nothing')
})
