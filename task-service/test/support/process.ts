import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'

const SERVER = new URL('../../src/server.ts', import.meta.url).pathname

export interface RunningService {
  child: ChildProcess
  /** Everything it logged so far */
  log: () => string
  exited: Promise<number | null>
}

/** `node src/server.ts` with these settings and nothing else; ended with the tests. */
export function startProcess(t: Test, environment: Record<string, string>): RunningService {
  const child = spawn(process.execPath, [SERVER], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, log: () => output, exited }
}
