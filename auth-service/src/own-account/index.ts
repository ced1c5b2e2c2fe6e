import { AccountRepository } from '../accounts/index.ts'
import { administrationOf } from '../administration/index.ts'
import type { Config } from '../config.ts'
import type { Mail } from '../mail/index.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { notedEndings, type SessionService } from '../sessions/index.ts'
import type { Attempts } from '../throttling/index.ts'
import { AccountDeletionService } from './account-deletion.service.ts'
import { ownAccountRoutes } from './own-account.routes.ts'
import { PasswordChangeService } from './password-change.service.ts'
import { PasswordConfirmation } from './password-confirmation.service.ts'

export { confirmationOf } from './confirmation.ts'
export type { Confirmation, PasswordConfirmation } from './password-confirmation.service.ts'

interface Parts {
  hasher: PasswordHasher
  attempts: Attempts
  sessions: SessionService
  mail: Mail
}

/** What people do to their own account, with their password. */
export function ownAccountFeature(
  { db, redis, config, now }: Service<Config>,
  { hasher, attempts, sessions, mail }: Parts,
): Feature & { confirmation: PasswordConfirmation } {
  const accounts = new AccountRepository(db)
  const hasBeenAt = (id: string, address: string) => sessions.hasBeenAt(id, address)
  const confirmation = new PasswordConfirmation({ accounts, hasher, attempts, hasBeenAt })
  const passwords = new PasswordChangeService({
    accounts,
    endings: notedEndings(db, redis),
    confirmation,
    hasher,
    minLength: config.PASSWORD_MIN_LENGTH,
    now,
    tell: mail.tell,
  })
  const deletion = new AccountDeletionService({
    confirmation,
    administration: administrationOf({ db, redis, tell: mail.tell, now }),
  })
  return {
    name: 'own account',
    confirmation,
    routes: async (app) => {
      await app.register(ownAccountRoutes, { passwords, deletion })
    },
  }
}
