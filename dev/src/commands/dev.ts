import { join } from 'node:path'
import { CACHE_DIR } from '../checkout.ts'
import { type Control, openControl } from '../control/controls.ts'
import { formatLine } from '../log-format.ts'
import { openOnEnter } from '../open-page.ts'
import { HOST, requirePorts } from '../ports.ts'
import { claim } from '../running.ts'
import { ensureSecrets } from '../secrets.ts'
import { type DevSettings, loadSettings, wantedPorts } from '../settings.ts'
import { findStores } from '../stores/stores.ts'
import { createSupervisor, describeExit } from '../supervisor.ts'
import { type System, startSystem } from '../system.ts'
import { pageUrl, welcome } from '../welcome.ts'

const STORE_NAMES = new Set(['mongodb', 'redis'])
const INTERRUPTED = 130
/**
 * What a developer wants to see, and whoever looks at the page. All that the page's load asks comes from one address, so the
 * limits for one address are off.
 */
const DEVELOPMENT = {
  SERVER_TIMING: 'true',
  REPORT_IN_FLIGHT_MS: '200',
  RATE_LIMIT_PER_MINUTE: '0',
  LOGIN_LIMIT_PER_MINUTE: '0',
  // Without a mail server, messages are shown in the log with their links.
  MAIL_TO_LOG: String(!process.env.SMTP_URL),
  ...process.env,
}

/** Lines of the log that are kept during the start */
const KEPT_LINES = 500

let system: System | undefined
let control: Control | undefined
let ready = false
let stopping = false
/** Held back until everything is ready, so that the welcome comes first; shown if the start fails. */
let held: string[] = []

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function showHeld(): void {
  for (const line of held.splice(0)) say(line)
}

const supervisor = createSupervisor({
  onLine(source, line) {
    // What stores log while they start and stop is shown only if one of them fails.
    if (STORE_NAMES.has(source) && (!ready || stopping)) return
    if (control?.onLine(source, line)) return
    const text = formatLine(source, line, process.stdout.isTTY === true)
    if (ready) say(text)
    else held = [...held.slice(1 - KEPT_LINES), text]
  },
  onUnexpectedExit(child, exit) {
    if (ready) void stop(1, `${describeExit(child, exit)}\nStopping everything.`)
  },
})

/** Ends everything that was started, then this process. A second signal ends it at once. */
async function stop(exitCode: number, reason: string): Promise<void> {
  if (stopping) {
    supervisor.killAll()
    process.exit(exitCode || INTERRUPTED)
  }
  stopping = true
  showHeld()
  process.stderr.write(`\n${reason}\n`)
  await control?.close()
  await system?.stop()
  await supervisor.stopAll()
  process.exit(exitCode)
}

async function start(settings: DevSettings): Promise<System> {
  await requirePorts(wantedPorts(settings, process.env))
  await claim(join(CACHE_DIR, 'dev'))
  const { ports, gateway } = settings
  const [found, secrets] = await Promise.all([
    findStores({
      supervisor,
      dataDir: join(CACHE_DIR, 'data'),
      takeGiven: true,
      mongodbPort: settings.mongodbPort,
      redisPort: settings.redisPort,
      say,
    }),
    ensureSecrets(join(CACHE_DIR, 'dev')),
  ])
  // Redis starts at once; without it the services would begin with the cache turned off. For MongoDB they wait themselves.
  const redis = await found.startRedis()
  const [mongodb, started] = await Promise.all([
    found.startMongodb(),
    startSystem({
      supervisor,
      stores: found,
      secrets,
      ports,
      gateway,
      say,
      env: DEVELOPMENT,
      pageConnectTo: [`http://${HOST}:${settings.controlPort}`],
    }),
  ])
  control = await openControl({ port: settings.controlPort, system: started, mongodb, redis })
  say(`MongoDB: ${mongodb.describe}`)
  say(`Redis: ${redis.describe}`)
  return started
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void stop(0, 'Stopping everything (once more: at once).'))
}
// The reader of the log went away (`make dev | head`).
process.stdout.on('error', () => void stop(0, 'Nobody reads the log: stopping everything.'))

try {
  system = await start(loadSettings(process.env))
  ready = true
  const page = pageUrl(system, control?.fragment)
  const atTerminal = process.stdin.isTTY && process.stdout.isTTY
  say(welcome(system, performance.now(), page, atTerminal))
  showHeld()
  if (atTerminal) openOnEnter(page, join(CACHE_DIR, 'dev'))
} catch (error) {
  if (!stopping) await stop(1, (error as Error).message)
}
