import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { loadConfig } from './config.ts'
import { prepareDrain } from './platform/drain.ts'
import { SettingsInvalid } from './platform/settings.ts'

/** The process edge: the only file that knows signals and exit codes. */
async function start(): Promise<void> {
  const config = loadConfig(process.env)
  const { app, readiness } = await buildApp(config)
  const drain = prepareDrain(app, readiness)

  closeWithGrace(
    { delay: config.DRAIN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS, logger: app.log },
    async ({ signal, err }) => {
      if (err) app.log.fatal({ err }, 'unexpected error, closing')
      app.log.info({ signal, drain_ms: config.DRAIN_DELAY_MS }, 'draining')
      // Load balancers learn from /readyz that this instance leaves; until they have, it goes on serving.
      if (!err) await drain(config.DRAIN_DELAY_MS)
      await app.close()
    },
  )

  await app.listen({ host: config.HOST, port: config.PORT })
  await app.internal.listen({ host: config.HOST, port: config.INTERNAL_PORT })
}

try {
  await start()
} catch (error) {
  if (!(error instanceof SettingsInvalid)) throw error
  // Whoever set the variables needs the sentence; a stack would show them this program.
  console.error(error.message)
  process.exit(1)
}
