import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/checkout.ts'
import { readLines } from '../src/lines.ts'
import { waitUntil } from '../src/wait.ts'
import { copyCheckout } from './fixtures/checkout.ts'

const TIMEOUT_MS = 90_000
/** Has a key in the temporary directory, as tests do, and does not end by itself. */
const TEST = `
import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync(process.env.TMPDIR + '/test-' + process.pid)
writeFileSync(process.env.TMPDIR + '/test-' + process.pid + '/signing-keys.json', 'key')
setInterval(() => {}, 1_000)
`
/** In place of `tap`, of which only `tap list` is asked */
const TAP = '#!/bin/sh\necho hangs.ts\n'

/** A checkout with the stores of this one, whose packages have {@link TEST} each. */
function checkoutOf(t: Test): string {
  const checkout = join(t.testdir(), 'checkout')
  for (const name of copyCheckout(checkout, { linkPackages: false })) {
    const [modules, real] = [join(checkout, name, 'node_modules'), join(ROOT, name, 'node_modules')]
    mkdirSync(join(modules, '.bin'), { recursive: true })
    for (const entry of readdirSync(real)) {
      if (entry !== '.bin') symlinkSync(join(real, entry), join(modules, entry))
    }
    writeFileSync(join(checkout, name, 'hangs.ts'), TEST)
    writeFileSync(join(modules, '.bin', 'tap'), TAP)
    chmodSync(join(modules, '.bin', 'tap'), 0o755)
  }
  for (const entry of ['python', 'mongod']) {
    if (existsSync(join(ROOT, '.cache', entry)))
      symlinkSync(join(ROOT, '.cache', entry), join(checkout, '.cache', entry))
  }
  return checkout
}

function entriesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((entry) => join(directory, entry))
}

/** Starts `make test` without make, and waits until its tests run. */
async function startTests(t: Test, checkout: string, temporary: string) {
  mkdirSync(temporary)
  const tests = spawn(process.execPath, [join(checkout, 'dev', 'src', 'commands', 'test.ts')], {
    env: { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => tests.kill('SIGKILL'))
  readLines(tests.stdout, (line) => t.comment(line))
  const keys = () => entriesBelow(temporary).filter((entry) => entry.endsWith('signing-keys.json'))
  await waitUntil('The start of tests', TIMEOUT_MS, async () => keys().length >= 2)
  return tests
}

const checkout = checkoutOf(t)

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  t.test(`a test run that is ended by ${signal} leaves no store, key or secret behind`, async (t) => {
    const temporary = join(t.testdir(), 'tmp')
    const tests = await startTests(t, checkout, temporary)
    t.ok(entriesBelow(temporary).some((entry) => entry.includes('mongodb-')))
    const readable = entriesBelow(temporary).filter((entry) => (statSync(entry).mode & 0o077) !== 0)
    t.strictSame(
      readable.filter((entry) => !entry.includes('/tmp/test-') && !entry.endsWith('.sock')),
      [],
      'nobody else can read the data, or even enter a directory',
    )
    const ended = once(tests, 'exit')
    tests.kill(signal)
    await ended
    await waitUntil('The removal', TIMEOUT_MS, async () => readdirSync(temporary).length === 0)
    t.strictSame(readdirSync(temporary), [])
  })
}
