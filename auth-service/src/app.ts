import type { FastifyInstance } from 'fastify'
import { accountsFeature } from './accounts/index.ts'
import { administrationFeature } from './administration/index.ts'
import { auditFeature, auditHooks, systemAct } from './audit/index.ts'
import type { Config } from './config.ts'
import { erasuresFeature } from './erasures/index.ts'
import { healthFeature } from './health/index.ts'
import { loginFeature } from './login/index.ts'
import { mailFeature } from './mail/index.ts'
import { ownAccountFeature } from './own-account/index.ts'
import { passwordsFeature } from './passwords/index.ts'
import { type Feature, registerRoutes } from './platform/feature.ts'
import { hook } from './platform/hooks.ts'
import type { Readiness } from './platform/internal.ts'
import { createService, registerFeatures } from './platform/service.ts'
import { revocationsFeature } from './revocations/index.ts'
import { secondFactorFeature } from './second-factor/index.ts'
import { sessionsFeature } from './sessions/index.ts'
import { loginAttempts } from './throttling/index.ts'
import { authenticate, tokensFeature } from './tokens/index.ts'
import { verificationFeature } from './verification/index.ts'
import { version } from './version.ts'

export interface Application {
  app: FastifyInstance
  readiness: Readiness
}

const DOCUMENT = {
  title: 'AuthDB auth-service',
  version,
  description: 'Accounts, sessions and tokens',
  basePath: '/auth',
} as const

/**
 * The composition root: what the service consists of, and which of it needs an access token.
 * @param now the time by which sessions live and grace times pass
 */
export async function buildApp(config: Config, now?: () => Date): Promise<Application> {
  const service = createService(config, 'auth-service', now)
  const { app, readiness } = service

  const passwords = passwordsFeature(service)
  const tokens = await tokensFeature(service)
  const mails = mailFeature(service)
  const accounts = accountsFeature(service, passwords.hasher, {
    onCreated: (account) => verification.invite(account),
    onFirstAdmin: ({ id }) => audit.trail.record(systemAct('user.created', id, 'at its first start')),
  })
  const sessions = sessionsFeature(service, tokens.signer)
  const parts = {
    hasher: passwords.hasher,
    attempts: loginAttempts(service),
    sessions: sessions.service,
    mail: mails.mail,
  }
  const ownAccount = ownAccountFeature(service, parts)
  const secondFactor = secondFactorFeature(service, { ...parts, confirmation: ownAccount.confirmation })
  const verification = verificationFeature(service, {
    ...parts,
    confirmation: ownAccount.confirmation,
    secondFactor: secondFactor.service,
  })
  const audit = auditFeature(service)
  const features: Feature[] = [
    passwords,
    accounts,
    loginFeature(service, { ...parts, secondFactor: secondFactor.service }),
    sessions,
    ownAccount,
    secondFactor,
    verification,
    revocationsFeature(service, tokens.keys),
    administrationFeature(service, { ...parts, accounts: accounts.service }),
    erasuresFeature(service, tokens.signer),
    audit,
    // Stopped before the record is: it may still have to say whom a message was for.
    mails,
    tokens,
    healthFeature(service),
  ]

  // Before any hook that may refuse.
  app.addHook(
    'onRequest',
    hook((_request, reply) => {
      reply.header('cache-control', 'no-store')
    }),
  )
  await app.register(auditHooks, { trail: audit.trail })
  await registerFeatures(service, features, DOCUMENT)
  await app.register(async (scope) => {
    await scope.register(authenticate, {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      keys: tokens.keys,
      callerOf: (sessionId, accountId) => sessions.service.callerOf(sessionId, accountId),
    })
    await registerRoutes(scope, features, 'routes', readiness)
  })
  return { app, readiness }
}
