import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { deviceOf } from '../sessions/index.ts'
import type { Act, AuditAction } from './audit-entry.ts'
import type { AuditTrail } from './audit-trail.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, for the record, when it succeeds; `soon`: its answer does not wait for the entry */
    audit?: { action: AuditAction; soon?: true }
  }
  interface FastifyRequest {
    /** The account that the request is about, where its path and its sender do not say */
    subject: string | null
    /** What the route did, where that is not what its configuration says */
    did: AuditAction | null
    /** Notes what was found out about a request after its answer. */
    noteAct(action: AuditAction, userId: string): void
  }
}

/** Refusals that are outcomes of an authentication, by their code. */
const REFUSALS: Record<string, AuditAction> = {
  CREDENTIALS_WRONG: 'login.refused',
  ACCOUNT_LOCKED: 'login.locked',
  TOO_MANY_ATTEMPTS: 'attempt.throttled',
  TOO_MANY_MAILS: 'attempt.throttled',
  OTP_REQUIRED: 'otp.required',
  OTP_INVALID: 'otp.refused',
  REFRESH_REUSED: 'refresh.reused',
  WRONG_PASSWORD: 'password.refused',
}

function actOf(request: FastifyRequest, action: AuditAction): Act {
  const actorId = request.caller?.account.id ?? null
  const { id } = request.params as { id?: string }
  const named = request.routeOptions.url?.startsWith('/users/:id') ? id?.toLowerCase() : undefined
  return {
    action,
    actorId,
    userId: request.subject ?? named ?? actorId,
    ...deviceOf(request),
    requestId: request.id,
  }
}

/** Writes down what the routes that say so did, and what was refused. */
async function auditHooks(app: FastifyInstance, { trail }: { trail: AuditTrail }): Promise<void> {
  app.decorateRequest('subject', null)
  app.decorateRequest('did', null)
  app.decorateRequest('noteAct', function (this: FastifyRequest, action: AuditAction, userId: string) {
    trail.note({ ...actOf(this, action), userId })
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const audit = request.routeOptions.config?.audit
    if (!audit || reply.statusCode >= 400) return done(null, payload)
    const act = actOf(request, request.did ?? audit.action)
    if (!audit.soon) {
      trail.record(act).then(() => done(null, payload), done)
      return
    }
    trail.note(act)
    done(null, payload)
  })
  app.addHook('onError', (request, _reply, error: Error & { code?: string; subject?: string }, done) => {
    const action = REFUSALS[error.code ?? '']
    if (action && error.subject !== undefined) request.subject = error.subject
    if (action) trail.note(actOf(request, action))
    done()
  })
}

export default fp(auditHooks, { name: 'audit-hooks' })
