import t from 'tap'
import { RevocationLog } from './revocation-log.ts'
import type { Revocation } from './revocations.repository.ts'

/** A list of ended sessions that grows, and a clock that a test moves. */
function scene() {
  const all: Revocation[] = []
  const state = { now: 1_700_000_000_000, looks: 0 }
  let hold: Promise<void> = Promise.resolve()
  const source = {
    findRevocations: async (from: Date) => {
      state.looks++
      await hold
      return all.filter(({ revokedAt }) => revokedAt >= from)
    },
  }
  return {
    log: new RevocationLog(source, () => state.now),
    state,
    end: (sid: string, agoMs = 0) => {
      all.push({ sid, revokedAt: new Date(state.now - agoMs), accessUntil: new Date(state.now + 1e6) })
    },
    holdUntil: (promise: Promise<void>) => (hold = promise),
  }
}

const sids = (news: { revocations: Revocation[] } | undefined) => news?.revocations.map(({ sid }) => sid)

t.test('each reader is sent every session once, however often it asks', async (t) => {
  const { log, state, end } = scene()
  end('before')
  let cursor = await log.end()
  const seen: string[] = []
  for (const sid of ['a', 'b', 'c']) {
    end(sid)
    for (const _ of [1, 2]) {
      state.now += 1_000
      const news = await log.after(cursor)
      seen.push(...(sids(news) ?? []))
      cursor = news?.cursor ?? ''
    }
  }
  t.strictSame(seen, ['a', 'b', 'c'])
})

t.test('one that became visible late, or by a clock that is behind, is sent, too', async (t) => {
  const { log, state, end } = scene()
  const cursor = await log.end()
  state.now += 1_000
  end('late', 59_000)
  t.strictSame(sids(await log.after(cursor)), ['late'])
})

t.test('a cursor that is too old, of another instance or none is not gone on from', async (t) => {
  const { log, state, end } = scene()
  const cursor = await log.end()
  for (const wrong of [await scene().log.end(), 'x', '', `${cursor.slice(0, 36)}.x`])
    t.equal(await log.after(wrong), undefined)
  end('a')
  state.now += 1_000
  t.strictSame(sids(await log.after(cursor)), ['a'])
  state.now += 181_000
  end('b')
  t.equal(await log.after(cursor), undefined, '“a” is forgotten')
})

t.test('readers at once share a look, which begins after each has asked', async (t) => {
  const { log, state, end, holdUntil } = scene()
  const cursor = await log.end()
  const { promise, resolve } = Promise.withResolvers<void>()
  holdUntil(promise)
  const first = log.after(cursor)
  end('a')
  const others = Array.from({ length: 10 }, () => log.after(cursor))
  resolve()
  await first
  for (const news of await Promise.all(others)) t.strictSame(sids(news), ['a'])
  t.equal(state.looks, 3, 'that of the cursor, the first and one for the others')
})

t.test('a look that failed is made again for whoever asks next', async (t) => {
  const { log, end, holdUntil } = scene()
  const cursor = await log.end()
  const refused = Promise.reject(new Error('away'))
  refused.catch(() => {})
  holdUntil(refused)
  await t.rejects(log.after(cursor), { message: 'away' })
  holdUntil(Promise.resolve())
  end('a')
  t.strictSame(sids(await log.after(cursor)), ['a'])
})
