import type { Account, Ending } from '../accounts/index.ts'
import { localPart, normalizeEmail, spellingsOf } from '../email.ts'
import { LinkInvalid } from '../errors.ts'
import { type Mail, passwordReset } from '../mail/index.ts'
import { checkPassword } from '../passwords/index.ts'
import type { Attempt } from '../throttling/index.ts'
import type { LinkService } from './links.service.ts'

export type Asking = Pick<Attempt, 'email' | 'address' | 'showLimit'>

export interface PasswordResetOptions {
  accounts: {
    findByEmail(spellings: string[]): Promise<Account | undefined>
    findHash(id: string): Promise<string | undefined>
    changePassword(id: string, old: string, hash: string, ending: Ending): Promise<boolean>
    verifyEmail(id: string, email: string): Promise<boolean>
  }
  endings: { carryOut(userId: string, ending: Ending): Promise<void> }
  secondFactor: { check(account: Account, otp: string | undefined): Promise<void> }
  hasher: { hash(password: string): Promise<string> }
  attempts: {
    beginMail(asking: Asking): Promise<void>
    succeeded(attempt: Pick<Attempt, 'email' | 'address'>): Promise<void>
  }
  links: LinkService
  mail: Mail
  minLength: number
  now: () => Date
}

export interface Reset {
  token: string
  newPassword: string
  otp: string | undefined
  address: string
}

/** A new password for whoever has lost theirs (OWASP Forgot Password Cheat Sheet). */
export class PasswordResetService {
  readonly #options: PasswordResetOptions

  constructor(options: PasswordResetOptions) {
    this.#options = options
  }

  /**
   * Has a link sent where there is such an account. That is looked up after the answer: neither its text nor its time tells.
   * @param onFound told whose account it is, later
   * @throws TooManyAttempts, TooManyMails
   */
  async ask({ email, address, showLimit }: Asking, onFound: (accountId: string) => void): Promise<void> {
    const { accounts, attempts, links, mail } = this.#options
    await attempts.beginMail({ email: normalizeEmail(email), address, showLimit })
    mail.post('password_reset', async () => {
      const account = await accounts.findByEmail(spellingsOf(email))
      if (!account) return undefined
      onFound(account.id)
      const link = await links.make('password_reset', account)
      return { to: account.email, ...passwordReset(account.email, link) }
    })
  }

  /**
   * Replaces the password, ends every session and forgives wrong passwords. Whoever read the link also reads the mail of the
   * address, so it counts as confirmed.
   * @returns the account's id
   * @throws LinkInvalid, PasswordWeak, OtpRequired, OtpInvalid, TooManyAttempts, HashingBusy; the link can be used again
   */
  async reset({ token, newPassword, otp, address }: Reset): Promise<string> {
    const { accounts, endings, secondFactor, hasher, attempts, links, mail, minLength, now } = this.#options
    const { link, account } = await links.read(token, ['password_reset'])
    const { id, email } = account
    checkPassword(newPassword, localPart(email), minLength)
    await secondFactor.check(account, otp)
    const hash = await hasher.hash(newPassword)
    const old = await accounts.findHash(id)
    await links.spend(link)
    const ending: Ending = { at: now(), reason: 'password_reset' }
    if (old === undefined || !(await accounts.changePassword(id, old, hash, ending))) throw new LinkInvalid()
    await endings.carryOut(id, ending)
    await accounts.verifyEmail(id, email)
    await attempts.succeeded({ email, address })
    mail.tell(email, 'password_reset')
    return id
  }
}
