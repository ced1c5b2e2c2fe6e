import type { Config } from '../config.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import type { Account } from './account.ts'
import { AccountRepository } from './accounts.repository.ts'
import { profileRoutes, registrationRoutes } from './accounts.routes.ts'
import { AccountService } from './accounts.service.ts'
import { FirstAdmin } from './first-admin.ts'

export type { Account, Role } from './account.ts'
export {
  AccountRepository,
  EXISTING,
  toAccount,
  type UserDocument,
  type Users,
  usersOf,
} from './accounts.repository.ts'
export {
  Email,
  Ignored,
  Name,
  Password,
  Permissions,
  ReadOnlyFields,
  RoleName,
  text,
  User,
} from './accounts.schema.ts'
export type { AccountService } from './accounts.service.ts'
export { type Ending, type EndReason, endingNote } from './ending.ts'
export { toUserBody } from './user-body.ts'

interface Listeners {
  /** Of every account that people or administrators make; waits for nothing */
  onCreated: (account: Account) => void
  onFirstAdmin: (account: Account) => Promise<void>
}

/** Making an account, and one's own profile. @throws SettingsInvalid */
export function accountsFeature(
  { db, config, log }: Service<Config>,
  hasher: PasswordHasher,
  { onCreated, onFirstAdmin }: Listeners,
): Feature & { service: AccountService } {
  const accounts = new AccountRepository(db)
  const service = new AccountService({
    accounts,
    hasher,
    passwordMinLength: config.PASSWORD_MIN_LENGTH,
    onCreated,
  })
  const firstAdmin = new FirstAdmin(config, service, log, onFirstAdmin)
  return {
    name: 'accounts',
    service,
    prepare: async () => {
      await accounts.prepare()
      await firstAdmin.make()
    },
    openRoutes: async (app) => {
      await app.register(registrationRoutes, { accounts: service })
    },
    routes: async (app) => {
      await app.register(profileRoutes, { accounts: service })
    },
  }
}
