import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { Counter } from '@prometheus-io/client'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Db } from '../platform/mongo.ts'
import type { Service } from '../platform/service.ts'
import { AuditRepository, newEntryId } from './audit.repository.ts'
import { auditRoutes } from './audit.routes.ts'
import { AuditTrail } from './audit-trail.ts'

export { systemAct } from './audit-entry.ts'
export { default as auditHooks } from './audit-hooks.ts'

const DAY_MS = 86_400_000

interface AuditParts {
  config: Pick<Config, 'AUDIT_RETENTION_DAYS'>
  registry: Service['registry']
  log: { warn: (details: object, message: string) => void }
  now: () => Date
}

/** The record on a database alone: also for a command beside the running service. */
export function auditOf(db: Db, { config, registry, log, now }: AuditParts) {
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
  return { entries, trail }
}

/** The record of authentications and administration. */
export function auditFeature(service: Service<Config>): Feature & { trail: AuditTrail } {
  const { entries, trail } = auditOf(service.db, service)
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
