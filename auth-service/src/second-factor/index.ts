import { AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { Mail } from '../mail/index.ts'
import type { PasswordConfirmation } from '../own-account/index.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import type { Attempts } from '../throttling/index.ts'
import { SealedSecrets } from './sealed-secrets.ts'
import { SecondFactorRepository } from './second-factor.repository.ts'
import { rescueRoutes, secondFactorRoutes } from './second-factor.routes.ts'
import { SecondFactorService } from './second-factor.service.ts'

export { Otp } from './second-factor.schema.ts'
export type { SecondFactorService } from './second-factor.service.ts'

/** Whom an authenticator app shows. */
const ISSUER = 'AuthDB'

interface Parts {
  hasher: PasswordHasher
  attempts: Attempts
  confirmation: PasswordConfirmation
  mail: Mail
}

/** One-time codes beside the password. Without SECOND_FACTOR_SECRET nobody can set one up; whoever has one needs it still. */
export function secondFactorFeature(
  { db, config, now }: Service<Config>,
  { hasher, attempts, confirmation, mail }: Parts,
): Feature & { service: SecondFactorService } {
  const secret = config.SECOND_FACTOR_SECRET
  const service = new SecondFactorService({
    factors: new SecondFactorRepository(db),
    sealed: secret === undefined ? undefined : new SealedSecrets(secret),
    hasher,
    attempts,
    issuer: ISSUER,
    tell: mail.tell,
    now,
  })
  return {
    name: 'second factor',
    service,
    routes: async (app) => {
      await app.register(rescueRoutes, { secondFactor: service, accounts: new AccountRepository(db) })
      if (secret === undefined) return
      await app.register(secondFactorRoutes, { secondFactor: service, confirmation })
    },
  }
}
