import { Counter } from '@prometheus-io/client'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { RevocationLog } from './revocation-log.ts'
import { RevocationPages } from './revocation-pages.ts'
import { RevocationRepository } from './revocations.repository.ts'
import { revocationRoutes } from './revocations.routes.ts'

/** Tells task-service which sessions have ended, and which keys count. */
export function revocationsFeature(
  { db, registry }: Pick<Service, 'db' | 'registry'>,
  keys: { ids(): string[] },
): Feature {
  const served = new Counter({
    name: 'auth_revocations_served_total',
    help: 'Ended sessions sent to task-service instances',
    registers: [registry],
  })
  const revocations = new RevocationRepository(db)
  const pages = new RevocationPages(revocations, new RevocationLog(revocations), (count) => served.inc(count))
  return {
    name: 'revocations',
    internalRoutes: async (server) => {
      await server.register(revocationRoutes, { pages, keys })
    },
  }
}
