import { checkedEmail, localPart, spellingsOf } from '../email.ts'
import { EmailTaken, UserNotFound } from '../errors.ts'
import { checkPassword } from '../passwords/index.ts'
import type { Account, NewAccount, Role } from './account.ts'

export interface AccountServiceOptions {
  accounts: {
    insert(account: NewAccount): Promise<Account>
    isEmailTaken(spellings: string[]): Promise<boolean>
    rename(id: string, name: string | null): Promise<Account | undefined>
    hasAdmin(): Promise<boolean>
  }
  hasher: { hash(password: string): Promise<string> }
  passwordMinLength: number
  /** Told of every account that people or administrators make; waits for nothing */
  onCreated: (account: Account) => void
}

export interface Registration {
  email: string
  password: string
  name?: string | null
}

/** Making accounts, and what people change of their own. */
export class AccountService {
  readonly #options: AccountServiceOptions

  constructor(options: AccountServiceOptions) {
    this.#options = options
  }

  /** @throws EmailInvalid, EmailTaken, PasswordWeak, HashingBusy */
  async register(registration: Registration): Promise<Account> {
    return this.create(registration, 'USER', [])
  }

  /**
   * Makes an account that is an administrator while there is none; by several instances at once, one account.
   * @returns it, or null when there is an administrator
   * @throws EmailTaken when somebody else has registered the address
   */
  async createFirstAdmin(registration: Registration): Promise<Account | undefined> {
    const { accounts } = this.#options
    if (await accounts.hasAdmin()) return undefined
    return this.#insert(registration, 'ADMIN', []).catch(async (error) => {
      if (error instanceof EmailTaken && (await accounts.hasAdmin())) return undefined
      throw error
    })
  }

  /** @throws EmailInvalid, EmailTaken, PasswordWeak, HashingBusy */
  async create(registration: Registration, role: Role, permissions: string[]): Promise<Account> {
    const account = await this.#insert(registration, role, permissions)
    this.#options.onCreated(account)
    return account
  }

  async #insert(registration: Registration, role: Role, permissions: string[]): Promise<Account> {
    const { accounts, hasher, passwordMinLength } = this.#options
    const email = checkedEmail(registration.email)
    checkPassword(registration.password, localPart(email), passwordMinLength)
    // Asked before hashing, so that it costs nothing to be refused; the unique index decides between two at once.
    if (await accounts.isEmailTaken(spellingsOf(email))) throw new EmailTaken()
    const passwordHash = await hasher.hash(registration.password)
    return accounts.insert({ email, name: registration.name || null, role, permissions, passwordHash })
  }

  /** @throws UserNotFound when the account was deleted meanwhile */
  async rename(account: Account, name: string | null | undefined): Promise<Account> {
    if (name === undefined) return account
    const renamed = await this.#options.accounts.rename(account.id, name)
    if (!renamed) throw new UserNotFound()
    return renamed
  }
}
