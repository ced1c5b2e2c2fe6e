import { checkedEmail, localPart, normalizeEmail, spellingsOf } from '../email.ts'
import { EmailTaken, UserNotFound } from '../errors.ts'
import { checkPassword } from '../passwords/index.ts'
import type { Account, NewAccount, Role } from './account.ts'

export interface AccountServiceOptions {
  accounts: {
    insert(account: NewAccount): Promise<Account>
    isEmailTaken(spellings: string[]): Promise<boolean>
    rename(id: string, name: string): Promise<Account | null>
    hasAdmin(): Promise<boolean>
  }
  hasher: { hash(password: string): Promise<string> }
  passwordMinLength: number
  adminEmail: string | undefined
}

export interface Registration {
  email: string
  password: string
  name?: string
}

/** Making accounts, and what people change of their own. */
export class AccountService {
  readonly #options: AccountServiceOptions
  readonly #adminEmail: string | undefined

  constructor(options: AccountServiceOptions) {
    this.#options = options
    this.#adminEmail = options.adminEmail === undefined ? undefined : normalizeEmail(options.adminEmail)
  }

  /** @throws EmailInvalid, EmailTaken, PasswordWeak, HashingBusy */
  async register(registration: Registration): Promise<Account> {
    const email = normalizeEmail(registration.email)
    return this.create(registration, (await this.#isFirstAdmin(email)) ? 'ADMIN' : 'USER', [])
  }

  /** @throws EmailInvalid, EmailTaken, PasswordWeak, HashingBusy */
  async create(registration: Registration, role: Role, permissions: string[]): Promise<Account> {
    const { accounts, hasher, passwordMinLength } = this.#options
    const email = checkedEmail(registration.email)
    checkPassword(registration.password, localPart(email), passwordMinLength)
    // Asked before hashing, so that it costs nothing to be refused; the unique index decides between two at once.
    if (await accounts.isEmailTaken(spellingsOf(email))) throw new EmailTaken()
    const passwordHash = await hasher.hash(registration.password)
    return accounts.insert({ email, name: registration.name ?? '', role, permissions, passwordHash })
  }

  /** @throws UserNotFound when the account was deleted meanwhile */
  async rename(account: Account, name: string | undefined): Promise<Account> {
    if (name === undefined) return account
    const renamed = await this.#options.accounts.rename(account.id, name)
    if (!renamed) throw new UserNotFound()
    return renamed
  }

  /** ADMIN_EMAIL counts only until there is an administrator: no address in a setting opens a running system. */
  async #isFirstAdmin(email: string): Promise<boolean> {
    return email === this.#adminEmail && !(await this.#options.accounts.hasAdmin())
  }
}
