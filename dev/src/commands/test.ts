import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { formatLine } from '../log-format.ts'
import { startPlatform } from '../platform.ts'
import { privateDirectory } from '../private.ts'
import { type Stores, startStores } from '../stores/stores.ts'
import { type Child, createSupervisor, describeExit } from '../supervisor.ts'
import type { System } from '../system.ts'
import { type Counts, createTapReport } from '../tap-report.ts'

/** Their own tests, with real stores, side by side: they wait more than they work. */
const PACKAGES = ['dev', 'gateway', 'web', 'auth-service', 'task-service']
/** Of a run that did not come to its end. */
const CRASHED: Counts = { passed: 0, failed: 1, skipped: 0 }
const NO_LIMITS = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' }
const SHOWN_LOG_LINES = 200
/** An interrupted runner and its test files have this long to end. */
const RUNNER_STOP_MS = 3_000

/** Of the packages whose tests run now. */
const running = new Set<Child>()

const say = (line: string) => void process.stdout.write(`${line}\n`)

/** Runs the tests of one package and prints them; a runner that crashes counts as one failure at least. */
async function testPackage(
  name: string,
  env: NodeJS.ProcessEnv,
  print: (line: string) => void = say,
): Promise<Counts> {
  const startedAt = performance.now()
  print(`\n# ${name}`)
  const report = createTapReport(print)
  const runners = createSupervisor({
    onLine: (_source, line, stream) => (stream === 'stdout' ? report.push(line) : print(line)),
  })
  const runner = await runners.spawn({
    name,
    command: join(ROOT, name, 'node_modules', '.bin', 'tap'),
    args: ['run', '--reporter=tap'],
    cwd: join(ROOT, name),
    env: { ...process.env, ...env },
  })
  running.add(runner)
  const { code } = await runner.exited
  running.delete(runner)
  for (const line of report.counts() ? [] : report.rest()) print(line)
  let counts = report.counts() ?? CRASHED
  if (code !== 0 && counts.failed === 0) counts = { ...counts, failed: 1 }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const crashed = report.counts() ? '' : ` - the runner ended with ${code} before its summary`
  print(
    `# ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s${crashed}`,
  )
  return counts
}

/** As {@link testPackage}, all lines together when it has ended. */
async function testBeside(name: string, env: NodeJS.ProcessEnv): Promise<Counts> {
  const lines: string[] = []
  const counts = await testPackage(name, env, (line) => lines.push(line))
  say(lines.join('\n'))
  return counts
}

/** What a test needs to know to talk to the system from outside. */
function clientEnvironment({ baseUrl, administrator, auth, tasks }: System): NodeJS.ProcessEnv {
  return {
    BASE_URL: baseUrl,
    AUTH_URL: auth.url,
    AUTH_INTERNAL_URL: auth.internalUrl,
    TASK_URLS: tasks.map((task) => task.url).join(','),
    TASK_INTERNAL_URLS: tasks.map((task) => task.internalUrl).join(','),
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
  }
}

/** The end-to-end tests: three task-service instances behind the gateway, limits off. Their log is shown when one fails. */
async function testSystem(stores: Stores): Promise<Counts> {
  const log: string[] = []
  try {
    const platform = await startPlatform({
      stores,
      env: { ...process.env, ...NO_LIMITS },
      onLine(source, line) {
        log.push(formatLine(source, line, false))
        if (log.length > SHOWN_LOG_LINES) log.shift()
      },
    })
    const counts = await testPackage('e2e', clientEnvironment(platform.system))
    await platform.stop()
    if (counts.failed > 0) say(`\n# The last ${log.length} log lines of the system\n${log.join('\n')}`)
    return counts
  } catch (error) {
    say(`e2e: the system does not start: ${(error as Error).message}`)
    return CRASHED
  }
}

async function testAll(stores: Stores): Promise<Counts[]> {
  const env = { MONGODB_URI: stores.mongodbUri, REDIS_URL: stores.redisUrl }
  say(`testing ${PACKAGES.join(', ')} side by side, then the whole system`)
  const all = await Promise.all(PACKAGES.map((name) => testBeside(name, env)))
  if (existsSync(join(ROOT, 'e2e', 'package.json'))) all.push(await testSystem(stores))
  return all
}

const supervisor = createSupervisor({ onUnexpectedExit: (child, exit) => say(describeExit(child, exit)) })
const directory = await supervisor.temporaryDirectory()
// Whatever a test leaves behind, the run removes: keys and data of one that was interrupted, too.
process.env.TMPDIR = join(directory, 'tmp')

async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((runner) => runner.stop(RUNNER_STOP_MS)))
  await supervisor.stopAll()
  await rm(directory, { recursive: true, force: true })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void cleanUp().then(() => process.exit(1)))
}

let all: Counts[] = [CRASHED]
try {
  await privateDirectory(process.env.TMPDIR)
  const stores = await startStores({ supervisor, dataDir: join(directory, 'data'), say })
  for (const line of stores.describe) say(line)
  all = await testAll(stores)
} catch (error) {
  say((error as Error).message)
}
await cleanUp()
const total = (field: keyof Counts) => all.reduce((sum, counts) => sum + counts[field], 0)
const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : ''
say(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`)
process.exitCode = total('failed') === 0 ? 0 : 1
