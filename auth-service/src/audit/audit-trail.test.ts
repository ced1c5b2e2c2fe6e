import t from 'tap'
import { until } from '../../test/support/until.ts'
import type { Act, NewEntry } from './audit-entry.ts'
import { AuditTrail } from './audit-trail.ts'

const ACT: Act = {
  action: 'login.refused',
  actorId: null,
  userId: null,
  address: '192.0.2.1',
  userAgent: '',
  requestId: 'r',
}

/** A trail into a list, whose database can be away. */
function scene() {
  const written: NewEntry[] = []
  const lines: string[] = []
  let isAway = false
  let dropped = 0
  let ids = 0
  const trail = new AuditTrail({
    entries: {
      insert: async (entries) => {
        if (isAway) throw new Error('away')
        written.push(...entries)
      },
    },
    newId: () => String(++ids),
    instance: 'one',
    now: () => new Date(0),
    dropped: () => dropped++,
    log: { warn: (_details, message) => lines.push(message) },
  })
  return { trail, written, lines, setAway: (value: boolean) => (isAway = value), dropped: () => dropped }
}

t.test('acts are numbered as they happen, and what is noted is written soon, in batches', async (t) => {
  const { trail, written } = scene()
  t.teardown(() => trail.stop())
  for (let i = 0; i < 1_200; i++) trail.note(ACT)
  await trail.record({ ...ACT, action: 'user.locked' })
  t.match(written, [{ action: 'user.locked', sequence: 1_201, instance: 'one' }], 'at once')
  trail.start()
  await until('all are written', () => written.length === 1_201)
  t.strictSame(
    written.slice(1).map(({ sequence }) => sequence),
    Array.from({ length: 1_200 }, (_, i) => i + 1),
  )
})

t.test('entries wait for a database that is away, up to a limit; a gap shows what was dropped', async (t) => {
  const { trail, written, lines, setAway, dropped } = scene()
  setAway(true)
  trail.start()
  for (let i = 0; i < 5_010; i++) trail.note(ACT)
  await until('it is logged that they wait', () => lines.length === 1)
  t.equal(dropped(), 10)
  await t.rejects(trail.record(ACT), { message: 'away' }, 'an act that is answered does not pass as written')
  setAway(false)
  await until('they are written', () => written.length === 5_000)
  trail.note(ACT)
  await trail.stop()
  t.equal(written.at(-2)?.sequence, 5_000)
  t.equal(written.at(-1)?.sequence, 5_012)
  t.equal(lines.length, 1, 'once')
})
