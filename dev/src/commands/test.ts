import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { formatLine } from '../log-format.ts'
import { startPlatform } from '../platform.ts'
import { privateDirectory } from '../private.ts'
import { type Stores, startStores } from '../stores/stores.ts'
import { createSupervisor, describeExit } from '../supervisor.ts'
import type { System } from '../system.ts'
import { add, type Counts } from '../tap-report.ts'
import { createTestRunner, type Print, type RunOptions, testFilesOf } from '../test-files.ts'

/** Their own tests, with real stores. */
const PACKAGES = ['dev', 'gateway', 'web', 'auth-service', 'task-service']
/** Counted for a run that crashed */
const CRASHED: Counts = { passed: 0, failed: 1, skipped: 0 }
const NO_LIMITS = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' }
const SHOWN_LOG_LINES = 200
/** Twice the processors: about half of the running tests wait for something. */
const TESTS_AT_ONCE = 2 * availableParallelism()
/** Each of these starts processes of its own. */
const SYSTEM_TESTS_AT_ONCE = 2
/** Tests that measure what the machine carries: side by side they would disturb each other's measurement. */
const MEASURING = /^(consistency\/short|restarts\/rolling-restarts)\./

const tests = createTestRunner()
const print: Print = (lines) => void process.stdout.write(`${lines.join('\n')}\n`)
const say = (line: string) => print([line])

/** Runs the tests of some packages, and prints the result of each. */
async function testPackages(names: readonly string[], options: Omit<RunOptions, 'print'>): Promise<Counts> {
  const startedAt = performance.now()
  const files = (await Promise.all(names.map(testFilesOf))).flat()
  const all: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [name, counts] of await tests.run(files, { ...options, print })) {
    say(`# ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
    add(all, counts)
  }
  say(`# ${files.length} files in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return all
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
    const counts = await testPackages(['e2e'], {
      env: clientEnvironment(platform.system),
      atOnce: SYSTEM_TESTS_AT_ONCE,
      isApart: ({ file }) => MEASURING.test(file),
    })
    await platform.stop()
    if (counts.failed > 0) say(`\n# The last ${log.length} log lines of the system\n${log.join('\n')}`)
    return counts
  } catch (error) {
    say(`e2e: the system does not start: ${(error as Error).message}`)
    return CRASHED
  }
}

/** The packages on their own first, then the whole system. */
async function testAll(stores: Stores): Promise<Counts> {
  const env = { MONGODB_URI: stores.mongodbUri, REDIS_URL: stores.redisUrl }
  say(`testing ${PACKAGES.join(', ')}, then the whole system`)
  const all = await testPackages(PACKAGES, { env, atOnce: TESTS_AT_ONCE })
  if (existsSync(join(ROOT, 'e2e', 'package.json'))) add(all, await testSystem(stores))
  return all
}

const supervisor = createSupervisor({ onUnexpectedExit: (child, exit) => say(describeExit(child, exit)) })
const directory = await supervisor.temporaryDirectory()
// What tests leave in the temporary directory is removed at the end of the run, also when it was interrupted.
process.env.TMPDIR = join(directory, 'tmp')

async function cleanUp(): Promise<void> {
  await tests.stop()
  await supervisor.stopAll()
  await rm(directory, { recursive: true, force: true })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void cleanUp().then(() => process.exit(1)))
}

let all = CRASHED
try {
  await privateDirectory(process.env.TMPDIR)
  const stores = await startStores({ supervisor, dataDir: join(directory, 'data'), say })
  for (const line of stores.describe) say(line)
  all = await testAll(stores)
} catch (error) {
  say((error as Error).message)
}
await cleanUp()
const skipped = all.skipped > 0 ? `, ${all.skipped} skipped` : ''
say(`\n${all.passed} passed, ${all.failed} failed${skipped}`)
process.exitCode = all.failed === 0 ? 0 : 1
