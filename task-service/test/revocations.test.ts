import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { EndedSessions } from '../src/tokens/index.ts'
import { until } from './support/until.ts'

/** Read again each time */
const OVERLAP_SECONDS = 60

const nowSeconds = () => Math.floor(Date.now() / 1000)

interface Answer {
  status?: number
  body: unknown
}

/** The feed, and an auth-service that answers as a test says. */
async function scene(t: Test, answer: (since: number) => Answer, now = () => Date.now()) {
  const asked: number[] = []
  const cursors: (string | null)[] = []
  const state = { answer }
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const since = Number(searchParams.get('since'))
    asked.push(since)
    cursors.push(searchParams.get('cursor'))
    const { status = 200, body } = state.answer(since)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const registry = new Registry()
  let loaded = 0
  const feed = new EndedSessions({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/internal/revocations`,
    registry,
    log: pino({ level: 'silent' }),
    onLoaded: () => loaded++,
    now,
  })
  feed.start()
  t.teardown(async () => {
    feed.stop()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const age = async () => /^revocations_age_seconds (\S+)/m.exec(await registry.metrics())?.[1]
  return { feed, asked, cursors, state, age, loads: () => loaded }
}

const later = () => nowSeconds() + 1_800
const page = (sids: string[], now = nowSeconds(), more = false) => ({
  body: { now, revocations: sids.map((sid) => ({ sid, expires_at: later() })), more },
})

t.test('pages are read to their end before the feed counts as loaded', async (t) => {
  const start = nowSeconds()
  const { feed, asked, loads } = await scene(t, (since) => {
    if (since === 0) return page(['a', 'b'], 1_000, true)
    if (since === 1_000) return page(['c'], 2_000, true)
    return page(['d'])
  })
  await until('it is loaded', () => loads() === 1)
  t.same(asked.slice(0, 3), [0, 1_000, 2_000])
  for (const sid of ['a', 'b', 'c', 'd']) t.ok(feed.isEnded(sid), sid)
  t.notOk(feed.isEnded('e'))
  await until('it asks again', () => asked.length >= 4)
  const since = asked[3] ?? 0
  t.ok(since >= start - OVERLAP_SECONDS && since <= nowSeconds() - OVERLAP_SECONDS, 'with some overlap')
  t.ok(feed.isEnded('a'), 'and forgets nothing')
  t.equal(loads(), 1)
})

// Each waits for several polls, one a second.
t.jobs = 5
for (const [what, bad] of Object.entries<Answer>({
  'an error': { status: 500, body: page(['x']).body },
  'no JSON': { body: '<html>' },
  'another form': { body: { revocations: ['x'] } },
  'a time that is none': { body: { now: 'x', revocations: [], more: false } },
  'pages without end': page(['x'], 5, true),
})) {
  t.test(`while auth-service answers ${what}, what is known stays known`, { buffered: true }, async (t) => {
    const { feed, asked, state, age, loads } = await scene(t, () => bad)
    await until('it has asked more than once', () => asked.length > 1)
    t.equal(loads(), 0, 'and it does not count as loaded')
    t.match(await age(), /^nan$/i)
    state.answer = () => page(['known'])
    await until('it is loaded', () => loads() === 1)
    state.answer = () => bad
    const { length } = asked
    await until('it has asked again', () => asked.length > length)
    t.ok(feed.isEnded('known'))
    t.ok(Number(await age()) >= 0)
  })
}

t.test('a session is forgotten when its tokens have expired', async (t) => {
  const expires = later()
  const clock = { now: expires * 1000 }
  const ended = {
    body: { now: nowSeconds(), revocations: [{ sid: 'short', expires_at: expires }], more: false },
  }
  const { feed, asked, state } = await scene(
    t,
    () => ended,
    () => clock.now,
  )
  await until('it is known', () => feed.isEnded('short'))
  state.answer = () => page([])
  const { length } = asked
  // The second of two more answers is asked for when the first has been dealt with.
  await until('it has asked twice more', () => asked.length > length + 1)
  t.ok(feed.isEnded('short'), 'not before its tokens have expired')
  clock.now++
  await until('it is forgotten', () => !feed.isEnded('short'))
})

t.test('the cursor of the last page is sent with the next question, also after one without', async (t) => {
  const { cursors, state } = await scene(t, () => ({ body: { ...page([]).body, cursor: 'one.1' } }))
  await until('it has asked with it', () => cursors.includes('one.1'))
  t.equal(cursors[0], null)
  state.answer = () => page([])
  const { length } = cursors
  await until('it has asked twice more', () => cursors.length > length + 1)
  t.equal(cursors.at(-1), null, 'an earlier release of auth-service gives none')
})

const SID = 'a'.repeat(24)

t.test('what is announced counts at once; it may only add, and no nonsense', async (t) => {
  const { feed } = await scene(t, () => page(['polled']))
  await until('it is loaded', () => feed.isEnded('polled'))
  const other = 'b'.repeat(24)
  feed.announced(`${SID} ${later()}\n${other} ${later()}`)
  t.ok(feed.isEnded(SID))
  t.ok(feed.isEnded(other))
  const refused = 'c'.repeat(24)
  for (const nonsense of [
    '',
    'x',
    `${refused}`,
    `${refused} x`,
    `${refused} ${later() + 90_000}`,
    `polled 0`,
  ])
    feed.announced(nonsense)
  t.notOk(feed.isEnded(refused))
  feed.announced(`${SID} 1`)
  t.ok(feed.isEnded(SID), 'a later word does not shorten it')
  t.ok(feed.isEnded('polled'))
})
