import t from 'tap'
import { type Changed, Streams } from './streams.ts'

const OWNER = '1'.repeat(24)
const ID = '2'.repeat(24)
const HOUR_MS = 3_600_000

interface World {
  changes: Changed[]
  ended: Set<string>
  isDraining: boolean
  fails: boolean
}

function newStreams(more: { maxStreams?: number } = {}) {
  const world: World = { changes: [], ended: new Set(), isDraining: false, fails: false }
  const failures: unknown[] = []
  const streams = new Streams({
    async read(_owner, since, limit) {
      if (world.fails) throw new Error('away')
      return world.changes.filter(({ at }) => at >= since).slice(0, limit)
    },
    isSessionEnded: (id) => world.ended.has(id),
    isDraining: () => world.isDraining,
    maxStreams: 10,
    onReadFailed: (error) => failures.push(error),
    ...more,
  })
  const open = (lastEventId?: string, owner = OWNER, expiresAt = Date.now() + HOUR_MS) => {
    const out = streams.open({ owner, sessionId: 's', expiresAt }, lastEventId)
    const opened = { text: '', ended: false }
    out.on('data', (chunk) => (opened.text += chunk))
    out.on('end', () => (opened.ended = true))
    return opened
  }
  return { world, streams, open, failures }
}

const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
const changed = (version: number, at = new Date()): Changed => ({ id: ID, version, at, isDeleted: false })

t.test('a change is sent once, however often it is read', async (t) => {
  const { world, streams, open } = newStreams()
  const stream = open()
  world.changes = [changed(2)]
  for (let n = 0; n < 3; n++) {
    streams.changed(OWNER)
    await settle()
  }
  t.equal(stream.text.match(/event: changed/g)?.length, 1)
  t.match(stream.text, `data: {"_id":"${ID}","version":2}`)
  world.changes = [changed(3)]
  streams.changed(OWNER)
  await settle()
  t.match(stream.text, '"version":3')
})

t.test('a hint while changes are read is not lost', async (t) => {
  const { world, streams, open } = newStreams()
  const stream = open()
  streams.changed(OWNER)
  world.changes = [changed(2)]
  streams.changed(OWNER)
  await settle()
  t.match(stream.text, '"version":2')
})

t.test(
  'a change that is stored late, under an earlier time than one that was told, is told as well',
  async (t) => {
    const { world, streams, open } = newStreams()
    const stream = open()
    const now = Date.now()
    world.changes = [changed(2, new Date(now))]
    streams.changed(OWNER)
    await settle()
    world.changes = [{ ...changed(7, new Date(now - 6_000)), id: '3'.repeat(24) }, ...world.changes]
    streams.changed(OWNER)
    await settle()
    t.match(stream.text, '"version":7')
    t.equal(stream.text.match(/event: changed/g)?.length, 2)
  },
)

t.test('a stream goes on where the one before it ended, or says that a reload is needed', async (t) => {
  const { world, open } = newStreams()
  const now = Date.now()
  world.changes = [changed(2, new Date(now - 60_000))]
  const resumed = open(String(now - 120_000))
  const fresh = open()
  await settle()
  t.match(resumed.text, '"version":2')
  t.match(resumed.text, `id: ${now - 60_000}\n`)
  t.notMatch(fresh.text, 'changed')
  for (const id of [String(now - HOUR_MS - 1_000), String(now + 60_000), 'x', '']) {
    const stream = open(id, id.padEnd(24, '0'))
    await settle()
    t.match(stream.text, 'event: reload', id)
  }
})

t.test('more changes than a stream tells of are a reload', async (t) => {
  const { world, open } = newStreams()
  world.changes = Array.from({ length: 1_001 }, (_, n) => ({
    ...changed(2),
    id: String(n).padStart(24, '0'),
  }))
  const stream = open(String(Date.now() - 1_000))
  await settle()
  t.match(stream.text, 'event: reload')
  t.notMatch(stream.text, 'event: changed')
})

t.test(
  'a stream ends with its session, its token, or the instance, and says when to come back',
  async (t) => {
    for (const [why, end] of [
      ['session', (world: World) => Object.assign(world, { ended: new Set(['s']) })],
      ['instance', (world: World) => Object.assign(world, { isDraining: true })],
      ['nothing', () => {}],
    ] as const) {
      const { world, streams, open } = newStreams()
      const stream = open()
      end(world)
      streams.tick()
      await settle()
      t.equal(stream.ended, why !== 'nothing', why)
      if (stream.ended) t.match(stream.text, /retry: \d{3,4}\n\n$/)
      t.equal(streams.size, why === 'nothing' ? 1 : 0)
    }
    const { streams, open } = newStreams()
    const stream = open(undefined, OWNER, Date.now() + 1_000)
    streams.tick()
    await settle()
    t.notOk(stream.ended)
    streams.tick(Date.now() + 1_001)
    await settle()
    t.ok(stream.ended)
  },
)

t.test('heartbeats keep it open, and find what no hint told of, also after a failure', async (t) => {
  const { world, streams, open, failures } = newStreams()
  const stream = open()
  await settle()
  world.changes = [changed(2)]
  world.fails = true
  streams.tick(Date.now() + 15_000)
  await settle()
  t.match(stream.text, ': heartbeat\n\n')
  t.equal(failures.length, 1)
  world.fails = false
  streams.tick(Date.now() + 30_000)
  await settle()
  t.match(stream.text, '"version":2')
})

t.test('when hints come again, what was missed meanwhile is told to everyone', async (t) => {
  const { world, streams, open } = newStreams()
  const opened = ['1', '2', '3'].map((digit) => open(undefined, digit.repeat(24)))
  await settle()
  world.changes = [changed(2)]
  await streams.catchUp()
  await settle()
  for (const { text } of opened) t.match(text, '"version":2')
})

t.test('one person has eight streams at most, and an instance as many as it is told', async (t) => {
  const { open } = newStreams({ maxStreams: 9 })
  for (let n = 0; n < 8; n++) open()
  t.throws(() => open(), { code: 'TOO_MANY_STREAMS', statusCode: 429 })
  open(undefined, '3'.repeat(24))
  t.throws(() => open(undefined, '4'.repeat(24)), { code: 'STREAMS_FULL', statusCode: 503 })
})

t.test('who does not read is cut off, and a place is free when a stream is closed', async (t) => {
  const { streams } = newStreams()
  const listener = { owner: OWNER, sessionId: 's', expiresAt: Number.POSITIVE_INFINITY }
  streams.open(listener, undefined)
  for (let beat = 1; streams.size === 1 && beat < 100_000; beat++) streams.tick(Date.now() + beat * 15_000)
  t.equal(streams.size, 0, 'nobody takes its heartbeats')
  const closed = streams.open(listener, undefined)
  closed.destroy()
  await settle()
  t.equal(streams.size, 0)
})
