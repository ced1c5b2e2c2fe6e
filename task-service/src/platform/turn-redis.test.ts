import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { TurnRedis } from './turn-redis.ts'

const LIMIT_MS = 50
const LONG_MS = 60_000

/** A client, and a server that answers PONG to each command, once `answering`. */
async function scene(t: Test, limitMs: number) {
  const state = { answering: true, asked: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const commands = chunk.toString().split('*1\r\n').length - 1
      state.asked += commands
      if (state.answering) socket.write('+PONG\r\n'.repeat(commands))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const redis = new TurnRedis(`redis://127.0.0.1:${port}`, limitMs, {
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
  })
  t.teardown(() => {
    redis.disconnect()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(redis, 'ready')
  return { redis, state }
}

/** Counts what reaches the system: one write, or several chunks in one. */
function countWrites(redis: TurnRedis): { count: number } {
  const writes = { count: 0 }
  const { stream } = redis
  const single = stream._write.bind(stream)
  const several = stream._writev?.bind(stream)
  stream._write = (...parts) => {
    writes.count++
    single(...parts)
  }
  stream._writev = (...parts) => {
    writes.count++
    several?.(...parts)
  }
  return writes
}

t.test('commands of one turn leave in one write, each gets its own answer', async (t) => {
  const { redis, state } = await scene(t, LONG_MS)
  const writes = countWrites(redis)
  const { asked } = state
  const answers = await Promise.all(Array.from({ length: 20 }, () => redis.ping()))
  t.strictSame(new Set(answers), new Set(['PONG']))
  t.equal(state.asked - asked, 20)
  t.equal(writes.count, 1)
  await redis.ping()
  t.equal(writes.count, 2, 'the next turn has a write of its own')
})

t.test(
  'a command that is not answered fails, with the others of its turn, before those of later turns',
  async (t) => {
    const { redis, state } = await scene(t, LIMIT_MS)
    state.answering = false
    const failed: string[] = []
    const ask = (name: string) =>
      redis.ping().catch((error) => {
        t.match(error, { message: 'Command timed out' })
        failed.push(name)
      })
    const first = [ask('first'), ask('first')]
    await new Promise((resolve) => setTimeout(resolve, LIMIT_MS / 2))
    const second = ask('second')
    await Promise.all(first)
    t.strictSame(failed, ['first', 'first'])
    await second
    t.strictSame(failed, ['first', 'first', 'second'])
  },
)

t.test('no answer is taken for late before its time, however many turns there are', async (t) => {
  const { redis } = await scene(t, LIMIT_MS)
  const until = performance.now() + 3 * LIMIT_MS
  let answered = 0
  while (performance.now() < until || answered === 0) {
    const sent = performance.now()
    const answer = await redis.ping().catch(() => undefined)
    if (answer === 'PONG') answered++
    else t.ok(performance.now() - sent >= LIMIT_MS - 1)
  }
  t.ok(answered > 0)
})

t.test('a lost connection fails what is unanswered, and the next one works', async (t) => {
  const { redis, state } = await scene(t, LONG_MS)
  state.answering = false
  const lost = redis.ping().catch((error: Error) => error)
  await new Promise((resolve) => setImmediate(resolve))
  redis.stream.destroy()
  t.type(await lost, Error)
  state.answering = true
  await once(redis, 'ready')
  t.equal(await redis.ping(), 'PONG')
})

t.test('an answered command is not kept until the limit', async (t) => {
  const { redis } = await scene(t, LONG_MS)
  for (let turn = 0; turn < 20; turn++) await redis.ping()
  t.ok(redis.kept <= 1, `${redis.kept} of 20`)
})
