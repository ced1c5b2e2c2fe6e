import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CACHE_DIR, ROOT } from './checkout.ts'
import { createSupervisor } from './supervisor.ts'
import { add, type Counts, createTapReport } from './tap-report.ts'

const LIST_TIMEOUT_MS = 60_000
/** Longer than any file takes on a machine that is busy with other things; one that hangs is ended. */
const FILE_TIMEOUT_S = 1_800
/** Interrupted test files have this long to end. */
const STOP_TIMEOUT_MS = 3_000
/** How long each file took the last time, in ms */
const TIMES_FILE = join(CACHE_DIR, 'test-times.json')

export interface TestFile {
  readonly package: string
  /** Below the package */
  readonly file: string
}

/** Prints a whole block, so that those of several files do not mix. */
export type Print = (lines: readonly string[]) => void

/** What the package's .taprc includes. @throws Error when tap cannot say */
export async function testFilesOf(name: string): Promise<TestFile[]> {
  const cwd = join(ROOT, name)
  const tap = join(cwd, 'node_modules', '.bin', 'tap')
  const { stdout } = await promisify(execFile)(tap, ['list'], { cwd, timeout: LIST_TIMEOUT_MS })
  const files = stdout.split('\n').filter(Boolean)
  return files.map((file) => ({ package: name, file }))
}

const nameOf = (test: TestFile) => join(test.package, test.file)

async function readTimes(): Promise<Record<string, number>> {
  // Missing before the first run; unreadable when a run was interrupted while it was written.
  return readFile(TIMES_FILE, 'utf8')
    .then(JSON.parse)
    .catch(() => ({}))
}

export interface TestRunner {
  /**
   * Runs test files, so many at once: first those that may not run beside each other, then those that took longest the last time,
   * so that no long one is left at the end.
   * @returns the counts of each package, in the order of its first file
   */
  run(tests: readonly TestFile[], options: RunOptions): Promise<Map<string, Counts>>
  /** Ends the files that run now, and starts no other. */
  stop(): Promise<void>
}

export interface RunOptions {
  env: NodeJS.ProcessEnv
  atOnce: number
  /** Which of the files may not run beside another such one */
  isApart?: (test: TestFile) => boolean
  print: Print
}

export function createTestRunner(): TestRunner {
  const onLine = new Map<string, (line: string, stream: 'stdout' | 'stderr') => void>()
  let isStopped = false
  const supervisor = createSupervisor({ onLine: (name, ...rest) => onLine.get(name)?.(...rest) })

  /** Runs one file as a process of its own, and prints it. */
  async function runFile(test: TestFile, { env, print }: RunOptions): Promise<Counts & { ms: number }> {
    const started = performance.now()
    const name = nameOf(test)
    const report = createTapReport()
    const complaints: string[] = []
    onLine.set(name, (line, stream) => (stream === 'stdout' ? report.push(line) : complaints.push(line)))
    const child = await supervisor.spawn({
      name,
      command: process.execPath,
      args: [test.file],
      cwd: join(ROOT, test.package),
      env: { ...process.env, ...env, TAP: '1', TAP_TIMEOUT: String(FILE_TIMEOUT_S) },
    })
    const timer = setTimeout(() => void child.stop(STOP_TIMEOUT_MS), FILE_TIMEOUT_S * 1000)
    const { code, signal } = await child.exited
    clearTimeout(timer)
    onLine.delete(name)
    const counts = report.end(code === 0)
    const ms = Math.round(performance.now() - started)
    const end = code === 0 || code === 1 ? '' : ` - the process ended with ${signal ?? code}`
    const head = `${counts.failed > 0 ? 'not ok' : 'ok'} ${name} (${ms} ms)${end}`
    print([head, ...report.lines(), ...complaints])
    return { ...counts, ms }
  }

  return {
    async run(tests, options) {
      const { atOnce, isApart = () => false } = options
      const times = await readTimes()
      const lastTime = (test: TestFile) => times[nameOf(test)] ?? Number.MAX_SAFE_INTEGER
      const byTime = tests.toSorted((a, b) => lastTime(b) - lastTime(a))
      const apart = byTime.filter(isApart)
      const others = byTime.filter((test) => !isApart(test))
      const counts = new Map<string, Counts>()
      for (const test of tests) counts.set(test.package, { passed: 0, failed: 0, skipped: 0 })
      async function work(...queues: TestFile[][]): Promise<void> {
        const next = () => queues.find(({ length }) => length > 0)?.shift()
        for (let test = next(); test && !isStopped; test = next()) {
          const { ms, ...found } = await runFile(test, options)
          add(counts.get(test.package) as Counts, found)
          times[nameOf(test)] = ms
        }
      }
      const workers = Array.from({ length: atOnce - 1 }, () => work(others))
      await Promise.all([work(apart, others), ...workers])
      await writeFile(TIMES_FILE, JSON.stringify(times, undefined, 2))
      return counts
    },
    stop() {
      isStopped = true
      return supervisor.stopAll(STOP_TIMEOUT_MS)
    },
  }
}
