import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { HealthRepository } from './health.repository.ts'
import { healthRoutes } from './health.routes.ts'

/** The public health page. Probes ask the internal port instead. */
export function healthFeature({ db }: Pick<Service, 'db'>): Feature {
  const repository = new HealthRepository(db)
  return {
    name: 'health',
    withoutDatabase: true,
    openRoutes: async (app) => {
      await app.register(healthRoutes, { isDatabaseThere: () => repository.isReachable() })
    },
  }
}
