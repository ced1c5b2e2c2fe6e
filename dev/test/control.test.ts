import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../src/checkout.ts'
import { Broadcast } from '../src/control/broadcast.ts'
import { eventOf } from '../src/control/events.ts'
import { LoadTally } from '../src/control/load-tally.ts'
import { Processes, type ProcessReport, WrongState } from '../src/control/processes.ts'
import { ControlPort, type Controls } from '../src/control/server.ts'
import { freePorts } from '../src/ports.ts'

const PAGE_PORT = 8080
const ORIGIN = `http://127.0.0.1:${PAGE_PORT}`

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** fetch would not send a Host or an Origin of ours. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string>,
  body?: string,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ port, path, method, headers, host: '127.0.0.1' }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
        // A stream of events does not end by itself.
        if (text.includes('\n\n') && path === '/events') response.destroy()
      })
      response.on('close', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
    })
    call.on('error', reject)
    call.end(body)
  })
}

t.test('the control port', async (t) => {
  const asked: unknown[] = []
  const note =
    (what: string) =>
    async (...values: unknown[]) => {
      asked.push([what, ...values])
    }
  const controls: Controls = {
    act: async (name, action) => {
      if (name !== 'task-1') throw new WrongState(`${name} is unknown: it cannot ${action} now.`)
      asked.push(['act', name, action])
    },
    addInstance: note('add'),
    removeInstance: note('remove'),
    balance: note('balance'),
    load: async () => {},
    experiment: async () => [],
  }
  const [port = 0] = await freePorts(1)
  const control = await ControlPort.open(port, PAGE_PORT, controls)
  t.teardown(() => control.close())
  const [, secret = ''] = control.fragment.split('.')
  const good = { host: `127.0.0.1:${port}`, origin: ORIGIN, authorization: `Bearer ${secret}` }
  const json = { ...good, 'content-type': 'application/json' }
  const ACT = JSON.stringify({ name: 'task-1', action: 'freeze' })

  await t.test('does what the page of this run asks', async (t) => {
    t.equal((await ask(port, '/act', json, ACT)).status, 200)
    t.strictSame(asked.at(-1), ['act', 'task-1', 'freeze'])
    const { status, headers, body } = await ask(port, '/events', good)
    t.equal(status, 200)
    t.equal(headers['content-type'], 'text/event-stream')
    t.equal(headers['access-control-allow-origin'], ORIGIN)
    t.match(body, /^:/)
  })

  const { authorization: _secret, ...withoutSecret } = json
  const { origin: _origin, ...withoutOrigin } = json
  const refusals: [string, number, Record<string, string>, string][] = [
    ['without the secret', 401, withoutSecret, ACT],
    ['with another secret', 401, { ...json, authorization: `Bearer ${secret.slice(1)}x` }, ACT],
    ['from another origin', 403, { ...json, origin: 'http://evil.example' }, ACT],
    ['from the origin of another port', 403, { ...json, origin: 'http://127.0.0.1:3000' }, ACT],
    ['without an origin', 403, withoutOrigin, ACT],
    ['under a name that was rebound', 421, { ...json, host: `evil.example:${port}` }, ACT],
    ['with a form', 415, { ...json, 'content-type': 'application/x-www-form-urlencoded' }, 'name=task-1'],
    ['with a text', 415, { ...json, 'content-type': 'text/plain' }, ACT],
    ['with JSON that is none', 400, json, '{'],
    ['with an unknown action', 400, json, '{"name":"task-1","action":"explode"}'],
    ['with more than was asked for', 400, json, '{"name":"task-1","action":"stop","signal":"SIGKILL"}'],
    ['for a process it does not know', 409, json, '{"name":"init","action":"kill"}'],
  ]
  for (const [what, status, headers, body] of refusals) {
    await t.test(`refuses ${what}`, async (t) => {
      const before = asked.length
      const answer = await ask(port, '/act', headers, body)
      t.equal(answer.status, status)
      t.type(JSON.parse(answer.body).detail, 'string')
      t.equal(asked.length, before, 'nothing was done')
    })
  }

  await t.test('refuses events without the secret, and a load beyond its limits', async (t) => {
    const { authorization: _, ...stranger } = good
    t.equal((await ask(port, '/events', stranger)).status, 401)
    const load = JSON.stringify({ reads: 100_000, writes: 0, logins: 0 })
    t.equal((await ask(port, '/load', json, load)).status, 400)
  })

  await t.test('answers the preflight of the page alone', async (t) => {
    const { authorization: _, ...preflight } = good
    const answer = await ask(port, '/act', preflight, undefined, 'OPTIONS')
    t.equal(answer.status, 204)
    t.equal(answer.headers['access-control-allow-headers'], 'authorization, content-type')
    const evil = { ...preflight, origin: 'http://evil.example' }
    t.equal((await ask(port, '/act', evil, undefined, 'OPTIONS')).status, 403)
  })

  await t.test('refuses more than twenty commands in a second', async (t) => {
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => (await ask(port, '/act', json, ACT)).status),
    )
    t.ok(statuses.includes(429))
  })
})

t.test('nobody reads any more: the load ends', async (t) => {
  let ended = 0
  const broadcast = new Broadcast(() => ended++)
  const { PassThrough } = await import('node:stream')
  const reader = new PassThrough() as unknown as Parameters<Broadcast['add']>[0]
  broadcast.add(reader)
  reader.destroy()
  await new Promise(setImmediate)
  t.equal(ended, 1)
})

t.test('log lines become events; what services ask each other does not', async (t) => {
  const line = {
    req_id: 'r1',
    method: 'GET',
    path: '/tasks/',
    status: 200,
    ms: 1.5,
    cache: 'task-lists; hit',
    redis_ms: 0.4,
    msg: 'request',
  }
  t.strictSame(eventOf('task-1', JSON.stringify(line)), {
    kind: 'request',
    request: {
      id: 'r1',
      method: 'GET',
      path: '/tasks/',
      status: 200,
      ms: 1.5,
      instance: 'task-1',
      cache: 'task-lists; hit',
      redis: 0.4,
    },
  })
  t.equal(eventOf('auth', JSON.stringify({ ...line, path: '/.well-known/jwks.json' })), undefined)
  t.equal(eventOf('auth', 'a stack trace'), undefined)
  t.equal(eventOf('auth', '{broken'), undefined)
  t.match(eventOf('gateway', '{"in_flight":{"http://a":2}}'), { kind: 'in-flight' })
})

t.test('a process is brought only into states that it can reach', async (t) => {
  const signals: string[] = []
  let reports: ProcessReport[] = []
  const processes = new Processes((next) => {
    reports = next
  })
  processes.add('task-1', {
    kill: async (signal) => void signals.push(signal),
    start: async () => void signals.push('start'),
  })
  await t.rejects(processes.act('task-1', 'start'), { message: 'task-1 is up: it cannot start now.' })
  await processes.act('task-1', 'freeze')
  t.strictSame(signals.splice(0), ['SIGSTOP'])
  t.strictSame(reports, [{ name: 'task-1', state: 'frozen' }])
  await processes.act('task-1', 'stop')
  t.strictSame(signals.splice(0), ['SIGCONT', 'SIGTERM'], 'it hears that it is to end')
  await t.rejects(processes.act('task-1', 'kill'), { message: /is down/ })
  await processes.act('task-1', 'start')
  t.strictSame(reports, [{ name: 'task-1', state: 'up' }])
  signals.length = 0
  await processes.act('task-1', 'slow')
  t.equal(signals[0], 'SIGSTOP')
  await processes.act('task-1', 'resume')
  t.equal(signals.at(-1), 'SIGCONT', 'nothing is left standing')
  await t.rejects(processes.act('task-9', 'kill'), { message: /is unknown/ })
})

t.test('the tally counts everything and keeps times for two seconds', async (t) => {
  let now = 0
  const tally = new LoadTally(() => now)
  for (let index = 0; index < 100; index++) tally.answered('reads', index)
  tally.failed('it rained')
  tally.lost(2)
  t.match(tally.report(), { ok: 100, failed: 1, lost: 2, lastFailure: 'it rained', readP50: 50, readP99: 99 })
  now = 3_000
  t.match(tally.report(), { ok: 100, readP99: 0, readsPerSecond: 0 })
})

t.test('neither an image nor a chart knows of the control port', async (t) => {
  const files = ['charts', 'helm/authdb', 'auth-service', 'task-service'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/node_modules|\.tap/.test(entry.parentPath))
      .map(({ parentPath, name }) => join(parentPath, name)),
  )
  t.ok(files.length > 100)
  const traces = files.filter((file) =>
    /CONTROL_PORT|PAGE_CONNECT_TO|src\/control/.test(readFileSync(file, 'utf8')),
  )
  t.strictSame(traces, [])
})
