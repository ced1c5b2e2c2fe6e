import { buildGateway } from './app.ts'
import { createBalancers, readTargets } from './balancers.ts'
import { loadConfig } from './config.ts'
import { type Discovery, discover } from './discovery.ts'
import { SettingsInvalid } from './platform/settings.ts'
import { reportInFlight } from './report-in-flight.ts'

/** The process edge: the only file of the gateway that knows signals and exit codes. */
const config = settings()
const discoveries: Discovery[] = []
const lookAgain = () => Promise.all(discoveries.map((one) => one.look()))
const balancers = createBalancers(config, lookAgain)
const app = await buildGateway(config, balancers)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    setTimeout(() => process.exit(0), config.shutdownTimeoutMs).unref()
    // Whoever sends requests here has seen before that this instance leaves, by the pod's pre-stop sleep: no delay of its own.
    await app.drain(0)
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
if (config.discovery === 'dns') {
  const onTrouble = (err: Error) => app.log.warn({ err }, 'the instances are as they were')
  const { authUpstreams, taskUpstreams, balancing } = config
  discoveries.push(
    discover(balancers.auth, { named: authUpstreams, balancing: 'least-connections' }, onTrouble),
    discover(balancers.task, { named: taskUpstreams, balancing }, onTrouble),
  )
  await lookAgain()
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
