import type { Confirmation, PasswordConfirmation } from './password-confirmation.service.ts'

export interface AccountDeletionOptions {
  confirmation: PasswordConfirmation
  administration: { remove(id: string): Promise<void> }
}

/** How people leave. */
export class AccountDeletionService {
  readonly #options: AccountDeletionOptions

  constructor(options: AccountDeletionOptions) {
    this.#options = options
  }

  /**
   * Deletes an account as an administrator would, when the password is right.
   * @throws PasswordWrong, TooManyAttempts, HashingBusy, LastAdmin
   */
  async remove(confirmation: Confirmation): Promise<void> {
    await this.#options.confirmation.confirm(confirmation)
    await this.#options.administration.remove(confirmation.account.id)
  }
}
