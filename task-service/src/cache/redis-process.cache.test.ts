import { EventEmitter } from 'node:events'
import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { FakeTime } from '../../test/support/fake-time.ts'
import { CacheMetrics } from './cache-metrics.ts'
import { type RedisConnection, RedisProcess } from './redis-process.cache.ts'

const PROBE_MS = 100
const [FIRST, SECOND] = ['a'.repeat(40), 'b'.repeat(40)]

/** A connection whose other end answers as a test says. */
class FakeRedis extends EventEmitter implements RedisConnection {
  status = 'connecting'
  run = FIRST
  /** Commands that fail */
  readonly failing = new Set<'info' | 'set'>()
  asked = 0

  async info(): Promise<string> {
    this.asked++
    if (this.failing.has('info')) throw new Error('Command timed out')
    return `# Server\r\nredis_version:8.0.0\r\nrun_id:${this.run}\r\ntcp_port:6379\r\n`
  }

  async set(): Promise<'OK'> {
    if (this.failing.has('set')) throw new Error('READONLY You can’t write against a read only replica.')
    return 'OK'
  }
}

const logInto = (lines: string[]) => pino({}, { write: (line: string) => void lines.push(line) })

async function scene(t: Test) {
  const time = FakeTime.start(t)
  const redis = new FakeRedis()
  const registry = new Registry()
  const lines: string[] = []
  const log = logInto(lines)
  const process = new RedisProcess(redis, new CacheMetrics(registry), log)
  t.teardown(() => process.close())
  const connect = async () => {
    redis.emit('ready')
    await time.pass(10)
  }
  const breaker = async () => /^task_cache_breaker_open (\d)/m.exec(await registry.metrics())?.[1]
  return { time, redis, process, connect, breaker, lines }
}

t.test('a Redis is known by its run id, once it has said it', async (t) => {
  const { redis, process, connect } = await scene(t)
  t.equal(process.runId(), undefined)
  redis.emit('ready')
  t.equal(process.runId(), undefined, 'not before')
  await connect()
  t.equal(process.runId(), FIRST)
})

t.test('a connection that is ready already is asked at once', async (t) => {
  const time = FakeTime.start(t)
  const redis = new FakeRedis()
  redis.status = 'ready'
  const process = new RedisProcess(redis, new CacheMetrics(new Registry()), logInto([]))
  await time.pass(10)
  t.equal(process.runId(), FIRST)
})

t.test('after a lost connection nothing is known until the next process has said its id', async (t) => {
  const { redis, process, connect, breaker } = await scene(t)
  t.equal(await breaker(), '1', 'nor before the first one')
  await connect()
  t.equal(await breaker(), '0')
  redis.emit('close')
  t.equal(process.runId(), undefined)
  t.equal(await breaker(), '1')
  redis.run = SECOND
  redis.emit('ready')
  t.equal(process.runId(), undefined)
  await connect()
  t.equal(process.runId(), SECOND)
})

t.test('after a command that failed nobody waits for Redis until a probe was answered', async (t) => {
  const { time, redis, process, connect, breaker } = await scene(t)
  await connect()
  redis.failing.add('info')
  process.trip(new Error('it failed'))
  t.equal(process.runId(), undefined)
  t.equal(await breaker(), '1')
  const { asked } = redis
  await time.pass(10 * PROBE_MS)
  t.equal(process.runId(), undefined)
  t.ok(redis.asked - asked >= 8 && redis.asked - asked <= 10, `${redis.asked - asked} probes in a second`)
  redis.failing.clear()
  await time.pass(2 * PROBE_MS)
  t.equal(process.runId(), FIRST)
  t.equal(await breaker(), '0')
  const after = redis.asked
  await time.pass(10 * PROBE_MS)
  t.equal(redis.asked, after, 'a Redis that answers is not probed')
})

t.test('many failures at once are one', async (t) => {
  const { time, redis, process, connect } = await scene(t)
  await connect()
  const { asked } = redis
  for (let n = 0; n < 100; n++) process.trip(new Error('it failed'))
  await time.pass(2 * PROBE_MS)
  t.equal(redis.asked - asked, 1)
  t.equal(process.runId(), FIRST)
})

t.test('a Redis that answers and cannot write is of no use', async (t) => {
  const { time, redis, process, connect } = await scene(t)
  redis.failing.add('set')
  await connect()
  await time.pass(5 * PROBE_MS)
  t.equal(process.runId(), undefined)
  redis.failing.clear()
  await time.pass(2 * PROBE_MS)
  t.equal(process.runId(), FIRST)
})

t.test('closed, it asks nothing any more', async (t) => {
  const { time, redis, process, connect } = await scene(t)
  await connect()
  process.trip(new Error('it failed'))
  process.close()
  const { asked } = redis
  await time.pass(5 * PROBE_MS)
  process.trip(new Error('it failed'))
  await time.pass(5 * PROBE_MS)
  t.equal(redis.asked, asked)
})

t.test('the first reason why Redis fails is logged, and that it is over', async (t) => {
  const { time, redis, process, connect, lines } = await scene(t)
  await connect()
  redis.failing.add('set')
  process.trip(new Error('OOM command not allowed'))
  await time.pass(500)
  t.equal(lines.length, 1)
  t.match(lines[0], 'OOM command not allowed')
  redis.failing.clear()
  await time.pass(200)
  t.equal(lines.length, 2)
  t.match(lines[1], 'carries out commands again')
  t.equal(process.runId(), FIRST)
})
