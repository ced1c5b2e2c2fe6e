import type { Ending } from '../accounts/index.ts'
import { localPart } from '../email.ts'
import { ChangedMeanwhile } from '../errors.ts'
import { checkPassword } from '../passwords/index.ts'
import type { Confirmation, PasswordConfirmation } from './password-confirmation.service.ts'

export interface PasswordChangeOptions {
  accounts: { changePassword(id: string, old: string, hash: string, ending: Ending): Promise<boolean> }
  endings: { carryOut(userId: string, ending: Ending): Promise<void> }
  confirmation: PasswordConfirmation
  hasher: { hash(password: string): Promise<string> }
  minLength: number
  now: () => Date
  /** Tells the owner of an account by mail; waits for nothing */
  tell: (email: string, change: 'password_changed') => void
}

/** What people do to their own password. */
export class PasswordChangeService {
  readonly #options: PasswordChangeOptions

  constructor(options: PasswordChangeOptions) {
    this.#options = options
  }

  /**
   * Replaces a password and ends the other sessions of the account.
   * @param sessionId the one that goes on
   * @throws PasswordWeak, PasswordWrong, TooManyAttempts, HashingBusy
   * @throws ChangedMeanwhile when the password was replaced between the check and the write
   */
  async change(current: Confirmation, sessionId: string, newPassword: string): Promise<void> {
    const { accounts, endings, confirmation, hasher, minLength, now, tell } = this.#options
    const { id, email } = current.account
    checkPassword(newPassword, localPart(email), minLength)
    const old = await confirmation.confirm(current)
    const hash = await hasher.hash(newPassword)
    const ending: Ending = { at: now(), reason: 'password_changed', spared: sessionId }
    if (!(await accounts.changePassword(id, old, hash, ending))) throw new ChangedMeanwhile()
    await endings.carryOut(id, ending)
    tell(email, 'password_changed')
  }
}
