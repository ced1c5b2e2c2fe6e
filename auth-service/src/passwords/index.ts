import { availableParallelism } from 'node:os'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { hashesAtOnce } from './hashes-at-once.ts'
import { PasswordHasher } from './password-hasher.ts'
import { passwordMetrics } from './password-metrics.ts'

export type { PasswordHasher, Verification } from './password-hasher.ts'
export { checkPassword } from './password-rules.ts'

/** Log-ins that wait for a processor, and how long. */
const HASH_QUEUE = { waiting: 64, deadlineMs: 3_000 }

/** The one queue that every hash of a password goes through. */
export function passwordsFeature({
  registry,
  config,
}: Pick<Service<Config>, 'registry' | 'config'>): Feature & {
  hasher: PasswordHasher
} {
  const concurrency = hashesAtOnce(availableParallelism(), config.UV_THREADPOOL_SIZE)
  const queue = new BoundedQueue({ ...HASH_QUEUE, concurrency })
  const hashed = passwordMetrics(registry, () => queue.depth)
  return { name: 'passwords', hasher: new PasswordHasher(queue, hashed) }
}
