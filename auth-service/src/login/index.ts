import { Counter } from '@prometheus-io/client'
import { AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import type { SecondFactorService } from '../second-factor/index.ts'
import type { SessionService } from '../sessions/index.ts'
import type { Attempts } from '../throttling/index.ts'
import { loginRoutes } from './login.routes.ts'
import { LoginService } from './login.service.ts'

interface Parts {
  hasher: PasswordHasher
  attempts: Attempts
  sessions: SessionService
  secondFactor: SecondFactorService
}

/** From a password to a session. */
export function loginFeature({ db, registry }: Service<Config>, parts: Parts): Feature {
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Log-in attempts by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const login = new LoginService({
    ...parts,
    accounts: new AccountRepository(db),
    count: (outcome) => logins.inc({ outcome }),
  })
  return {
    name: 'login',
    openRoutes: async (app) => {
      await app.register(loginRoutes, { login })
    },
  }
}
