import { buildGateway } from './app.ts'
import { createBalancers, readTargets } from './balancers.ts'
import { loadConfig } from './config.ts'
import { SettingsInvalid } from './platform/settings.ts'
import { reportInFlight } from './report-in-flight.ts'

/** Open requests (event streams never end by themselves) are cut after this. */
const CLOSE_TIMEOUT_MS = 2_000

/** The process edge: the only file of the gateway that knows signals and exit codes. */
const config = settings()
const balancers = createBalancers(config)
const app = await buildGateway(config, balancers)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS).unref()
    await app.close()
    process.exit(0)
  })
}

if (config.targetsFile) {
  process.on('SIGHUP', () => {
    readTargets(config.targetsFile).then(balancers.aim, (err) =>
      app.log.error({ err }, 'the targets are as they were'),
    )
  })
}
if (config.reportInFlightMs > 0) reportInFlight(app.log, balancers.task, config.reportInFlightMs)

await app.listen({ host: config.host, port: config.port })

function settings() {
  try {
    return loadConfig(process.env)
  } catch (error) {
    if (!(error instanceof SettingsInvalid)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
