import { availableParallelism } from 'node:os'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { PasswordHasher } from './password-hasher.ts'
import { passwordMetrics } from './password-metrics.ts'

export type { PasswordHasher, Verification } from './password-hasher.ts'
export { checkPassword } from './password-rules.ts'

/** Hashes at once, log-ins that wait for a processor, and how long. */
const HASH_QUEUE = { concurrency: availableParallelism(), waiting: 64, deadlineMs: 3_000 }

/** The one queue that every hash of a password goes through. */
export function passwordsFeature({ registry }: Pick<Service, 'registry'>): Feature & {
  hasher: PasswordHasher
} {
  const queue = new BoundedQueue(HASH_QUEUE)
  const hashed = passwordMetrics(registry, () => queue.depth)
  return { name: 'passwords', hasher: new PasswordHasher(queue, hashed) }
}
