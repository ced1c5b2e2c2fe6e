import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../src/checkout.ts'
import { readLines } from '../src/lines.ts'
import { freePorts } from '../src/ports.ts'
import { waitUntil } from '../src/wait.ts'
import { copyCheckout } from './fixtures/checkout.ts'

/** The whole start, on a machine that may be ten times slower. */
const PATIENCE_MS = 400_000

t.setTimeout(3 * PATIENCE_MS)

t.test('make dev as the README has it: the page, three curl lines, sample data, and Ctrl-C', async (t) => {
  const checkout = join(t.testdir(), 'checkout')
  copyCheckout(checkout)
  // What an earlier start has downloaded.
  for (const entry of ['python', 'mongod'].filter((name) => existsSync(join(ROOT, '.cache', name))))
    symlinkSync(join(ROOT, '.cache', entry), join(checkout, '.cache', entry))
  const names = [
    'PORT',
    'CONTROL_PORT',
    'AUTH_PORT',
    'TASK_PORT',
    'INTERNAL_PORT',
    'MONGODB_PORT',
    'REDIS_PORT',
  ]
  // The port after INTERNAL_PORT is used, too: so far apart that none meets another.
  const ports = await freePorts(names.length)
  const { MONGODB_URI: _uri, REDIS_URL: _url, ...environment } = process.env
  const env: NodeJS.ProcessEnv = {
    ...environment,
    MAKEFLAGS: '',
    MAKELEVEL: '',
    TASKS: '1',
    ...Object.fromEntries(names.map((name, index) => [name, String(ports[index])])),
  }
  const make = (...args: string[]) => spawnSync('make', args, { cwd: checkout, env, encoding: 'utf8' })

  const lines: string[] = []
  const dev: ChildProcess = spawn('make', ['dev'], { cwd: checkout, env, stdio: 'pipe', detached: true })
  const end = (signal: NodeJS.Signals) => process.kill(-(dev.pid as number), signal)
  const hasEnded = () => dev.exitCode !== null || dev.signalCode !== null
  t.teardown(() => hasEnded() || end('SIGKILL'))
  for (const stream of [dev.stdout, dev.stderr]) if (stream) readLines(stream, (line) => lines.push(line))
  await waitUntil('The start', PATIENCE_MS, async () => {
    if (hasEnded()) throw new Error(lines.join('\n'))
    return lines.some((line) => line.startsWith('Ctrl-C ends everything'))
  })
  const page = lines.find((line) => line.includes('http://'))?.trim() ?? ''

  await t.test('the first address is that of the page', async (t) => {
    t.equal(new URL(page).port, env.PORT)
    t.match(await (await fetch(page)).text(), '<title>AuthDB</title>')
  })

  await t.test('the three lines can be pasted into a shell', async (t) => {
    const pasted = lines.filter((line) => /^(TOKEN=\$\()?curl /.test(line))
    t.equal(pasted.length, 3)
    // On a busy machine a write may be refused with 503, and is tried again.
    await waitUntil('The task of the curl lines', PATIENCE_MS, async () => {
      const { stdout, stderr } = spawnSync('sh', ['-c', pasted.join('\n')], { env, encoding: 'utf8' })
      t.comment(stdout + stderr)
      return /"title":"Buy milk"/.test(stdout)
    })
  })

  await t.test('sample data, an administrator, a key and a look at the machine', async (t) => {
    const demo = make('demo')
    t.match(demo.stdout, /^ada-\S+ {2}password \S+ {2}a person with 5 tasks$/m, demo.stderr)
    const [, ada = ''] = /^(ada-\S+)/m.exec(demo.stdout) ?? []
    t.match(make('promote', `EMAIL=${ada}`).stdout, `${ada} is an administrator now`)
    t.match(make('doctor').stdout, /make dev can run\.$/m)
  })

  await t.test('Ctrl-C ends everything', async (t) => {
    const ended = once(dev, 'exit')
    end('SIGINT')
    await ended
    t.match(lines.join('\n'), /Stopping everything/)
    await t.rejects(fetch(page), 'nobody listens any more')
    t.throws(() => end('SIGKILL'), { code: 'ESRCH' }, 'no process is left')
  })

  await t.test(
    'from its start to its end it takes nothing that is not there for a fault of its own',
    async (t) => {
      t.strictSame(
        lines.filter((line) => line.includes('unexpected error')),
        [],
      )
    },
  )
})
