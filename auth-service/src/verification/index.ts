import { type Account, AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { Mail } from '../mail/index.ts'
import type { PasswordConfirmation } from '../own-account/index.ts'
import type { PasswordHasher } from '../passwords/index.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import type { SecondFactorService } from '../second-factor/index.ts'
import { notedEndings } from '../sessions/index.ts'
import type { Attempts } from '../throttling/index.ts'
import { AddressService } from './address.service.ts'
import { LinkRepository } from './links.repository.ts'
import { LinkService } from './links.service.ts'
import { PasswordResetService } from './password-reset.service.ts'
import { addressRoutes, linkRoutes } from './verification.routes.ts'

interface Parts {
  hasher: PasswordHasher
  attempts: Attempts
  confirmation: PasswordConfirmation
  secondFactor: SecondFactorService
  mail: Mail
}

/** One-time links in messages: new passwords, and addresses that are one's own. */
export function verificationFeature(
  { db, redis, config, now }: Service<Config>,
  { hasher, attempts, confirmation, secondFactor, mail }: Parts,
): Feature & { invite: (account: Account) => void } {
  const accounts = new AccountRepository(db)
  const store = new LinkRepository(db)
  // Without mail, no link is made.
  const links = new LinkService({ links: store, accounts, publicUrl: config.PUBLIC_URL ?? '', now })
  const common = { accounts, attempts, secondFactor, links, mail }
  const addresses = new AddressService({ ...common, confirmation })
  const resets = new PasswordResetService({
    ...common,
    endings: notedEndings(db, redis),
    hasher,
    minLength: config.PASSWORD_MIN_LENGTH,
    now,
  })
  const options = { isOn: mail.isOn, resets, addresses }
  return {
    name: 'verification',
    invite: (account) => addresses.invite(account),
    prepare: () => store.prepare(),
    openRoutes: async (app) => {
      await app.register(linkRoutes, options)
    },
    routes: async (app) => {
      await app.register(addressRoutes, options)
    },
  }
}
