import type { Config } from '../config.ts'
import { localPart } from '../email.ts'
import { EmailTaken } from '../errors.ts'
import { checkPassword } from '../passwords/index.ts'
import { SettingsInvalid } from '../platform/settings.ts'
import type { Account } from './account.ts'
import type { AccountService } from './accounts.service.ts'

type Settings = Pick<Config, 'ADMIN_EMAIL' | 'ADMIN_PASSWORD' | 'PASSWORD_MIN_LENGTH'>

interface Log {
  info: (details: object, message: string) => void
  error: (message: string) => void
}

/** The account of ADMIN_EMAIL, made at the first start. */
export class FirstAdmin {
  readonly #credentials: { email: string; password: string } | undefined
  readonly #accounts: Pick<AccountService, 'createFirstAdmin'>
  readonly #log: Log
  readonly #onMade: (account: Account) => Promise<void>

  /**
   * @param onMade writes it down
   * @throws SettingsInvalid when ADMIN_PASSWORD is one that nobody could choose
   */
  constructor(
    settings: Settings,
    accounts: Pick<AccountService, 'createFirstAdmin'>,
    log: Log,
    onMade: (account: Account) => Promise<void>,
  ) {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, PASSWORD_MIN_LENGTH } = settings
    this.#accounts = accounts
    this.#log = log
    this.#onMade = onMade
    if (email === undefined || password === undefined) return
    try {
      checkPassword(password, localPart(email), PASSWORD_MIN_LENGTH)
    } catch (error) {
      const sentence = `ADMIN_PASSWORD is refused as any password would be: ${(error as Error).message}`
      throw SettingsInvalid.because([sentence])
    }
    this.#credentials = { email, password }
  }

  /** Repeatable, also by several instances at once. */
  async make(): Promise<void> {
    if (!this.#credentials) return
    try {
      const made = await this.#accounts.createFirstAdmin(this.#credentials)
      if (!made) return
      this.#log.info({ user_id: made.id }, 'the account of ADMIN_EMAIL was made, an administrator')
      await this.#onMade(made)
    } catch (error) {
      if (!(error instanceof EmailTaken)) throw error
      this.#log.error(
        'somebody has registered ADMIN_EMAIL: no administrator was made; see the command `promote`',
      )
    }
  }
}
