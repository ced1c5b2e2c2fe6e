import { connect, type Socket } from 'node:net'
import { startPlatform } from '../../dev/index.ts'
import { newPeople, type Person } from '../../e2e/harness/people.ts'
import { closedLoop, request } from '../load/closed-loop.ts'
import { quantile } from '../measure.ts'
import { memory, pin, processorTime } from '../processor.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import { LOAD_CPU, SERVER_CPU, type Stage } from '../stage.ts'

/** As many as the service lets one person have */
const EACH = 8
const AT_ONCE = 100
const BEGINS_WITHIN_MS = 30_000
/** Longer than a heartbeat takes to reach all of them */
const REST_MS = 20_000
const MIB = 1_024

/** @returns its connection, once a stream has begun */
function openStream(url: string, { authorization }: Person): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  const onData = (chunk: Buffer) => {
    received += chunk
    if (!received.includes('event: ready')) return
    socket.off('data', onData).setTimeout(0).resume()
    resolve(socket)
  }
  socket.on('data', onData).on('error', reject)
  socket.setTimeout(BEGINS_WITHIN_MS, () => socket.destroy(new Error(`no stream: ${received}`)))
  socket.write(request('GET', '/tasks/events', { authorization, accept: 'text/event-stream' }))
  return promise
}

async function openAll(url: string, people: readonly Person[], count: number): Promise<Socket[]> {
  const open: Socket[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - from)
    const some = Array.from({ length: size }, (_, n) =>
      openStream(url, people[Math.floor((from + n) / EACH)] as Person),
    )
    open.push(...(await Promise.all(some)))
  }
  return open
}

/** A few people who read their lists, and what the instance needs meanwhile. */
async function observed(pid: number, url: string, people: readonly Person[]): Promise<string[]> {
  const spentBefore = processorTime(pid)
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
  const spent = (1000 * (processorTime(pid) - spentBefore)) / REST_MS
  const requests = people.map(({ authorization }) => request('GET', '/tasks/', { authorization }))
  let count = 0
  const next = () => requests[count++ % requests.length] as Buffer
  const { latencies } = await closedLoop({ url, connections: 4, expected: 200, next }, 2_000)
  return [
    memory(pid).now.toFixed(0),
    (100 * spent).toFixed(1),
    quantile(latencies, 0.5).toFixed(1),
    quantile(latencies, 0.99).toFixed(1),
  ]
}

/** What event streams cost on which nothing happens, and whether lists suffer from them. */
export async function streams({ stores }: Stage, { streams: count }: Settings): Promise<Section> {
  const env = {
    ...process.env,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '0',
    LOGIN_LIMIT_PER_MINUTE: '0',
    MAX_EVENT_STREAMS: String(count),
    MONGODB_DATABASE: 'bench_streams',
  }
  const platform = await startPlatform({ tasks: 1, stores, env })
  try {
    const [task] = platform.system.tasks
    if (!task) throw new Error('there is no instance')
    const people = await newPeople(platform.system.baseUrl, Math.ceil(count / EACH))
    pin(task.pid, SERVER_CPU)
    pin(process.pid, LOAD_CPU)
    const readers = people.slice(0, 20)
    const without = await observed(task.pid, task.url, readers)
    const open = await openAll(task.url, people, count)
    const withAll = await observed(task.pid, task.url, readers)
    const ended = open.filter(({ readableEnded, destroyed }) => readableEnded || destroyed).length
    for (const socket of open) socket.destroy()
    const each = ((Number(withAll[0]) - Number(without[0])) * MIB) / count
    return {
      title: 'Idle event streams',
      text: [
        `${count} of ${people.length} people on one instance; ${each.toFixed(1)} KiB of resident memory each; ${ended} of them ended by themselves.`,
        table([
          ['', 'resident memory, MiB', 'processor at rest, %', 'a list then: p50, ms', 'p99, ms'],
          ['no stream', ...without],
          [`${count} streams`, ...withAll],
        ]),
      ].join('\n\n'),
    }
  } finally {
    await platform.stop()
  }
}
