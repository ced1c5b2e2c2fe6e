import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readLines } from '../src/lines.ts'
import { type Child, createSupervisor, describeExit, type Exit } from '../src/supervisor.ts'
import { waitUntil } from '../src/wait.ts'
import { isAlive } from './fixtures/processes.ts'

const until = (condition: () => boolean) => waitUntil('It', 60_000, async () => condition())

/** A supervisor, what its children printed, and those that ended unexpectedly. */
function supervise(t: Test) {
  const lines: string[] = []
  const unexpected: [Child, Exit][] = []
  const supervisor = createSupervisor({
    onLine: (source, line) => void lines.push(`${source}: ${line}`),
    onUnexpectedExit: (child, exit) => void unexpected.push([child, exit]),
  })
  t.teardown(() => supervisor.killAll())
  const shell = (name: string, script: string) =>
    supervisor.spawn({ name, command: 'sh', args: ['-c', script] })
  return { supervisor, lines, unexpected, shell }
}

t.test('stopping ends each child and whatever it had started', async (t) => {
  const { supervisor, lines, unexpected, shell } = supervise(t)
  await shell('parent', 'sleep 600 & echo $!; wait')
  await shell('other', 'sleep 600')
  await until(() => lines.length === 1)
  const grandchild = Number(lines[0]?.split(' ')[1])
  t.ok(isAlive(grandchild))
  await supervisor.stopAll()
  await until(() => !isAlive(grandchild))
  t.strictSame(unexpected, [], 'none of these ends is a surprise')
})

t.test('a child that ignores SIGTERM is killed after the time it was given', async (t) => {
  const { supervisor, lines, shell } = supervise(t)
  const child = await shell('stubborn', 'trap "" TERM; echo ready; while :; do sleep 0.1; done')
  await until(() => lines.length === 1)
  await supervisor.stopAll(100)
  t.notOk(isAlive(child.pid))
  t.match(await child.exited, { signal: 'SIGKILL' })
})

t.test('a frozen child hears SIGTERM all the same', async (t) => {
  const { supervisor, lines, shell } = supervise(t)
  const child = await shell('frozen', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done')
  await until(() => lines.length === 1)
  child.signal('SIGSTOP')
  await supervisor.stopAll(5_000)
  t.match(await child.exited, { code: 7 })
})

t.test('a child that ends by itself is reported with its last lines', async (t) => {
  const { lines, unexpected, shell } = supervise(t)
  await shell('faulty', 'echo starting; echo "cannot go on" >&2; exit 3')
  await until(() => unexpected.length === 1)
  const [child, exit] = unexpected[0] as [Child, Exit]
  t.equal(describeExit(child, exit).split('\n')[0], 'faulty ended with exit code 3 unexpectedly.')
  t.match(describeExit(child, exit), '  | cannot go on')
  t.same(lines.toSorted(), ['faulty: cannot go on', 'faulty: starting'])
  t.notOk(child.isRunning())
})

t.test('a command that does not exist is one sentence', async (t) => {
  const { supervisor } = supervise(t)
  await t.rejects(supervisor.spawn({ name: 'ghost', command: 'no-such-command', args: [] }), {
    message: 'ghost cannot be started with "no-such-command": there is no such command.',
  })
})

t.test('even SIGKILL of the supervisor leaves nothing running', async (t) => {
  const script = fileURLToPath(new URL('fixtures/supervised.ts', import.meta.url))
  const supervising = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let pid = 0
  readLines(supervising.stdout, (line) => {
    pid = Number(line)
  })
  await until(() => pid > 0)
  t.ok(isAlive(pid))
  supervising.kill('SIGKILL')
  await once(supervising, 'exit')
  await until(() => !isAlive(pid))
  t.pass('the guard ended the child, although it ignores SIGTERM')
})
