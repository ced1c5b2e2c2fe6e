import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { Counter } from '@prometheus-io/client'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { AuditRepository, newEntryId } from './audit.repository.ts'
import { auditRoutes } from './audit.routes.ts'
import { AuditTrail } from './audit-trail.ts'

export { default as auditHooks } from './audit-hooks.ts'

const DAY_MS = 86_400_000

/** The record of authentications and administration. */
export function auditFeature({ db, config, registry, log, now }: Service<Config>): Feature & {
  trail: AuditTrail
} {
  const dropped = new Counter({
    name: 'auth_audit_dropped_total',
    help: 'Audit entries that were not written down, since the database was away for too long',
    registers: [registry],
  })
  const entries = new AuditRepository(db, config.AUDIT_RETENTION_DAYS * DAY_MS)
  const trail = new AuditTrail({
    entries,
    newId: newEntryId,
    instance: `${hostname()}:${randomUUID().slice(0, 8)}`,
    now,
    dropped: () => dropped.inc(),
    log,
  })
  return {
    name: 'audit',
    trail,
    prepare: () => entries.prepare(),
    routes: async (app) => {
      await app.register(auditRoutes, { entries })
    },
    jobs: [trail],
  }
}
