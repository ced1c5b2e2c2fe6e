import { Counter } from '@prometheus-io/client'
import { AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import type { SessionService } from '../sessions/index.ts'
import { loginAttempts } from '../throttling/index.ts'
import { loginRoutes } from './login.routes.ts'
import { LoginService } from './login.service.ts'

/** From a password to a session. */
export function loginFeature(
  base: Service<Config>,
  hasher: PasswordHasher,
  sessions: SessionService,
): Feature {
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Log-in attempts by outcome',
    labelNames: ['outcome'],
    registers: [base.registry],
  })
  const login = new LoginService({
    accounts: new AccountRepository(base.db),
    hasher,
    attempts: loginAttempts(base),
    sessions,
    count: (outcome) => logins.inc({ outcome }),
  })
  return {
    name: 'login',
    openRoutes: async (app) => {
      await app.register(loginRoutes, { login })
    },
  }
}
