import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readLines } from '../src/lines.ts'

const CLAIMANT = fileURLToPath(new URL('fixtures/claimant.ts', import.meta.url))
const ROUNDS = 8

/** A process that tries to have the directory; what it says comes when it knows. */
async function claimant(t: Test, directory: string): Promise<{ process: ChildProcess; said: string }> {
  const process_ = spawn(process.execPath, [CLAIMANT, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => process_.kill('SIGKILL'))
  const { promise, resolve } = Promise.withResolvers<string>()
  readLines(process_.stdout, resolve)
  return { process: process_, said: await promise }
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

t.test('of starts at the same time one has the checkout, every time', async (t) => {
  const directory = join(t.testdir(), 'dev')
  for (let round = 0; round < ROUNDS; round++) {
    const all = await Promise.all([1, 2, 3].map(() => claimant(t, directory)))
    const [winner] = all.filter(({ said }) => said === 'claimed')
    t.equal(all.filter(({ said }) => said === 'claimed').length, 1, `round ${round}`)
    for (const { said } of all.filter((one) => one !== winner)) {
      t.match(said, /^make dev is already running in this checkout \(.* has locked .*running\.lock\)/)
    }
    const ended = once(winner?.process as ChildProcess, 'exit')
    // However it ends.
    if (round % 2 === 0) winner?.process.kill('SIGKILL')
    else winner?.process.stdin?.end()
    await ended
  }
})

t.test('the process that has it is named', async (t) => {
  const directory = t.testdir()
  const first = await claimant(t, directory)
  t.match((await claimant(t, directory)).said, `(process ${first.process.pid} has locked ${directory}`)
})

t.test('the id of a living process that has nothing to do with it is in nobody’s way', async (t) => {
  const directory = t.testdir({ 'running.pid': String(process.pid) })
  t.equal((await claimant(t, directory)).said, 'claimed')
})

t.test('the directory is for this user alone, also where others could enter it before', async (t) => {
  const directory = join(t.testdir(), 'dev')
  mkdirSync(directory)
  chmodSync(directory, 0o755)
  await claimant(t, directory)
  t.equal(mode(directory), '700')
})

t.test('a lock that cannot be had is named', async (t) => {
  const directory = t.testdir()
  writeFileSync(
    join(directory, 'running.lock'),
    'this is no database, and was long enough to be taken for one'.repeat(20),
  )
  t.match((await claimant(t, directory)).said, `${directory}/running.lock cannot be locked: `)
})
