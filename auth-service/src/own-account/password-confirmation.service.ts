import type { Account } from '../accounts/index.ts'
import { PasswordWrong, UserNotFound } from '../errors.ts'
import type { Verification } from '../passwords/index.ts'
import type { Attempt, Begun, LimitState } from '../throttling/index.ts'

export interface PasswordConfirmationOptions {
  accounts: { findHash(id: string): Promise<string | undefined> }
  hasher: { verify(hash: string, password: string): Promise<Verification> }
  attempts: {
    begin(attempt: Attempt): Promise<Begun>
    succeeded(attempt: Pick<Attempt, 'email' | 'address'>): Promise<void>
  }
  hasBeenAt: (accountId: string, address: string) => Promise<boolean>
}

export interface Confirmation {
  account: Account
  password: string
  address: string
  showLimit: (limit: LimitState) => void
}

/** Whether somebody who is logged in knows the password: a stolen token alone changes and deletes nothing. */
export class PasswordConfirmation {
  readonly #options: PasswordConfirmationOptions

  constructor(options: PasswordConfirmationOptions) {
    this.#options = options
  }

  /**
   * Attempts count as those at a log-in do, and with them.
   * @returns the hash that the password was right for
   * @throws PasswordWrong, TooManyAttempts, HashingBusy
   */
  async confirm({ account, password, address, showLimit }: Confirmation): Promise<string> {
    const { accounts, hasher, attempts, hasBeenAt } = this.#options
    const { id, email } = account
    const isFamiliar = () => hasBeenAt(id, address)
    const { undo } = await attempts.begin({ email, address, isFamiliar, showLimit })
    try {
      const hash = await accounts.findHash(id)
      if (hash === undefined) throw new UserNotFound()
      if (!(await hasher.verify(hash, password)).correct) throw new PasswordWrong()
      await attempts.succeeded({ email, address })
      return hash
    } catch (error) {
      if (!(error instanceof PasswordWrong)) await undo()
      throw error
    }
  }
}
