import { buildGateway } from './app.ts'
import { createBalancers, readTargets } from './balancers.ts'
import { loadConfig } from './config.ts'
import { reportInFlight } from './report-in-flight.ts'

/** Open requests (event streams never end by themselves) are cut after this. */
const CLOSE_TIMEOUT_MS = 2_000

/** The process edge: the only file of the gateway that knows signals and exit codes. */
const config = loadConfig(process.env)
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
