import { Counter } from '@prometheus-io/client'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import { type Job, repeated } from '../platform/jobs.ts'
import type { Service } from '../platform/service.ts'
import type { TokenSigner } from '../tokens/index.ts'
import { ErasureRepository } from './erasures.repository.ts'
import { ErasureService } from './erasures.service.ts'
import { TaskServiceClient } from './task-service-client.ts'

export { ErasureRepository, erasedOf } from './erasures.repository.ts'

const INTERVAL_MS = 2_000

/** Has the tasks of deleted accounts deleted. */
export function erasuresFeature(base: Service<Config>, signer: TokenSigner): Feature {
  const erasures = new ErasureRepository(base.db)
  return {
    name: 'erasures',
    prepare: () => erasures.prepare(),
    jobs: eraseTasks(base, erasures, signer),
  }
}

function eraseTasks(
  { config, log, registry }: Service<Config>,
  erasures: ErasureRepository,
  signer: TokenSigner,
): Job[] {
  const url = config.TASK_SERVICE_INTERNAL_URL
  const outcomes = new Counter({
    name: 'auth_erasures_total',
    help: 'Requests to task-service to delete the tasks of a deleted account, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  })
  if (!url) {
    log.warn('TASK_SERVICE_INTERNAL_URL is not set: tasks of deleted accounts are kept until it is')
    return []
  }
  const client = new TaskServiceClient(url, () => signer.signService())
  const service = new ErasureService({
    erasures,
    deleteTasksOf: (ownerId) => client.deleteTasksOf(ownerId),
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
    count: (outcome) => outcomes.inc({ outcome }),
    log,
  })
  return [repeated({ name: 'erasures', everyMs: INTERVAL_MS, run: (signal) => service.run(signal), log })]
}
