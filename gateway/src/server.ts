import { buildGateway } from './app.ts'
import { loadConfig } from './config.ts'

/** Open requests (event streams never end by themselves) are cut after this. */
const CLOSE_TIMEOUT_MS = 2_000

/** The process edge: the only file of the gateway that knows signals and exit codes. */
const config = loadConfig(process.env)
const app = await buildGateway(config)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    setTimeout(() => process.exit(0), CLOSE_TIMEOUT_MS).unref()
    await app.close()
    process.exit(0)
  })
}

await app.listen({ host: config.host, port: config.port })
