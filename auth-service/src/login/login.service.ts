import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from '../accounts/index.ts'
import { normalizeEmail, spellingsOf } from '../email.ts'
import {
  AccountLocked,
  about,
  CredentialsWrong,
  HashingBusy,
  OtpInvalid,
  OtpRequired,
  TooManyAttempts,
} from '../errors.ts'
import type { Verification } from '../passwords/index.ts'
import type { Device, TokenPair } from '../sessions/index.ts'
import type { Attempt, Begun, LimitState } from '../throttling/index.ts'

/** A refusal leaves at the next multiple of this, so that the cost of a hash (bcrypt or argon2id) does not show. */
const REFUSAL_STEP_MS = 500

export type LoginOutcome = 'success' | 'wrong' | 'locked' | 'second_factor' | 'throttled' | 'busy' | 'error'

export interface LoginServiceOptions {
  accounts: {
    findCredentials(spellings: string[]): Promise<{ account: Account; passwordHash: string } | undefined>
    replaceHash(id: string, old: string, hash: string): Promise<void>
  }
  hasher: {
    hash(password: string): Promise<string>
    verify(hash: string, password: string): Promise<Verification>
    verifyNothing(password: string): Promise<Verification>
  }
  attempts: {
    begin(attempt: Attempt): Promise<Begun>
    succeeded(attempt: Pick<Attempt, 'email' | 'address'>): Promise<void>
  }
  sessions: {
    open(account: Account, device: Device): Promise<TokenPair>
    hasBeenAt(accountId: string, address: string): Promise<boolean>
  }
  secondFactor: {
    /** @throws OtpRequired, OtpInvalid */
    check(account: Account, otp: string | undefined): Promise<void>
  }
  count: (outcome: LoginOutcome) => void
}

export interface LoginResult {
  accountId: string
  tokens: TokenPair
}

type ShowLimit = (limit: LimitState) => void

export interface Credentials {
  email: string
  password: string
  /** A code of an authenticator app, or a recovery code */
  otp?: string | undefined
}

/** The right password alone lets nobody in, and tells whoever gave it that a code is missing. */
function isSecondFactor(error: unknown): boolean {
  return error instanceof OtpRequired || error instanceof OtpInvalid
}

function outcomeOf(error: unknown): LoginOutcome {
  if (error instanceof CredentialsWrong) return 'wrong'
  if (error instanceof AccountLocked) return 'locked'
  if (isSecondFactor(error)) return 'second_factor'
  if (error instanceof TooManyAttempts) return 'throttled'
  return error instanceof HashingBusy ? 'busy' : 'error'
}

/** Log-in by e-mail and password. */
export class LoginService {
  readonly #options: LoginServiceOptions

  constructor(options: LoginServiceOptions) {
    this.#options = options
  }

  /**
   * @param showLimit told where the limits on attempts stand, also before a refusal
   * @throws CredentialsWrong for a wrong password and for an address without an account, alike in text and time
   * @throws AccountLocked only to the right password
   * @throws OtpRequired, OtpInvalid only to the right password
   * @throws TooManyAttempts, HashingBusy
   */
  async login(credentials: Credentials, device: Device, showLimit: ShowLimit): Promise<LoginResult> {
    try {
      const result = await this.#login(credentials, device, showLimit)
      this.#options.count('success')
      return result
    } catch (error) {
      this.#options.count(outcomeOf(error))
      throw error
    }
  }

  async #login(credentials: Credentials, device: Device, showLimit: ShowLimit): Promise<LoginResult> {
    const { accounts, attempts, sessions } = this.#options
    const { address } = device
    const [email, spellings] = [normalizeEmail(credentials.email), spellingsOf(credentials.email)]
    const isFamiliar = async () => {
      const found = await accounts.findCredentials(spellings)
      return found !== undefined && sessions.hasBeenAt(found.account.id, address)
    }
    const { undo } = await attempts.begin({ email, address, isFamiliar, showLimit })
    try {
      const result = await this.#open(spellings, credentials, device)
      await attempts.succeeded({ email, address })
      return result
    } catch (error) {
      const isRefusal =
        error instanceof CredentialsWrong || error instanceof AccountLocked || isSecondFactor(error)
      if (!isRefusal) await undo()
      throw error
    }
  }

  async #open(spellings: string[], { password, otp }: Credentials, device: Device): Promise<LoginResult> {
    const account = await this.#verified(spellings, password)
    if (account.lockedAt) throw about(account.id, new AccountLocked())
    await this.#options.secondFactor.check(account, otp).catch((error) => {
      throw about(account.id, error)
    })
    return { accountId: account.id, tokens: await this.#options.sessions.open(account, device) }
  }

  async #verified(spellings: string[], password: string): Promise<Account> {
    const { accounts, hasher } = this.#options
    const start = performance.now()
    const found = await accounts.findCredentials(spellings)
    const { correct, outdated } = found
      ? await hasher.verify(found.passwordHash, password)
      : await hasher.verifyNothing(password)
    if (!found || !correct) {
      const elapsed = performance.now() - start
      await sleep(Math.ceil(elapsed / REFUSAL_STEP_MS) * REFUSAL_STEP_MS - elapsed)
      throw found ? about(found.account.id, new CredentialsWrong()) : new CredentialsWrong()
    }
    if (outdated) await this.#rehash(found.account.id, found.passwordHash, password)
    return found.account
  }

  /** Passwords are hashed again by today's parameters; where there is no room for that, the next log-in will do it. */
  async #rehash(id: string, old: string, password: string): Promise<void> {
    const { accounts, hasher } = this.#options
    const hash = await hasher.hash(password).catch((error) => {
      if (error instanceof HashingBusy) return undefined
      throw error
    })
    if (hash !== undefined) await accounts.replaceHash(id, old, hash)
  }
}
