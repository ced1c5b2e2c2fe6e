import type { FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { ErasureService } from './erasures/erasures.service.ts'
import { TaskServiceClient } from './erasures/task-service-client.ts'
import type { Metrics } from './metrics.ts'
import { runInBackground } from './platform/jobs.ts'
import type { Repositories, Services, Tokens } from './services.ts'

const ERASURE_INTERVAL_MS = 2_000
const INTERRUPTED_INTERVAL_MS = 10_000

/** What goes on without a request: interrupted work is finished, tasks of deleted accounts are deleted. */
export function startJobs(
  app: FastifyInstance,
  config: Config,
  parts: { repositories: Repositories; services: Services; tokens: Tokens; metrics: Metrics },
) {
  const { repositories, services, tokens, metrics } = parts
  runInBackground(app, {
    name: 'interrupted requests',
    everyMs: INTERRUPTED_INTERVAL_MS,
    run: () => services.administration.finishInterrupted(),
  })
  const url = config.TASK_SERVICE_INTERNAL_URL
  if (!url) {
    app.log.warn('TASK_SERVICE_INTERNAL_URL is not set: tasks of deleted accounts are kept until it is')
    return
  }
  const client = new TaskServiceClient(url, () => tokens.signer.signService())
  const erasure = new ErasureService({
    erasures: repositories.erasures,
    deleteTasksOf: (ownerId) => client.deleteTasksOf(ownerId),
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
    count: metrics.erased,
    log: app.log,
  })
  runInBackground(app, {
    name: 'erasures',
    everyMs: ERASURE_INTERVAL_MS,
    run: (signal) => erasure.run(signal),
  })
}
