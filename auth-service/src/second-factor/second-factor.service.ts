import type { Account } from '../accounts/index.ts'
import {
  OtpInvalid,
  OtpRequired,
  SecondFactorOff,
  SecondFactorOn,
  SecondFactorUnavailable,
} from '../errors.ts'
import { fromText, newRecoveryCodes, type Slot, toText } from './recovery-codes.ts'
import type { SealedSecrets } from './sealed-secrets.ts'
import type { SecondFactor } from './second-factor.repository.ts'
import { isCode, newSecret, otpauthUri, stepOf } from './totp.ts'

export interface SecondFactorOptions {
  factors: {
    find(accountId: string): Promise<SecondFactor | undefined>
    propose(accountId: string, sealedSecret: string): Promise<boolean>
    confirm(
      accountId: string,
      sealedSecret: string,
      step: number,
      recovery: Record<Slot, string>,
    ): Promise<boolean>
    spendStep(accountId: string, step: number): Promise<boolean>
    spendRecovery(accountId: string, slot: Slot, hash: string): Promise<boolean>
    replaceRecovery(accountId: string, recovery: Record<Slot, string>): Promise<boolean>
    remove(accountId: string): Promise<boolean>
  }
  /** Undefined where the service was given no secret to encrypt with: then no app's code can be checked */
  sealed: SealedSecrets | undefined
  hasher: {
    hash(password: string): Promise<string>
    verify(hash: string, password: string): Promise<{ correct: boolean }>
  }
  /** Codes are guessed more easily than passwords: they have a limit of their own, counted before a code is looked at. */
  attempts: {
    /** @throws TooManyAttempts */
    beginCode(accountId: string): Promise<void>
    codeSucceeded(accountId: string): Promise<void>
  }
  /** Whom an authenticator app shows */
  issuer: string
  now: () => Date
  /** Tells the owner of an account by mail; waits for nothing */
  tell: (
    email: string,
    change: 'second_factor_on' | 'second_factor_off' | 'recovery_codes_renewed' | 'recovery_code_used',
  ) => void
}

type Owner = Pick<Account, 'id' | 'email'>

export interface Enrolment {
  secret: string
  otpauthUri: string
}

/** One-time codes of an authenticator app (RFC 6238), and recovery codes for whoever has lost it. */
export class SecondFactorService {
  readonly #options: SecondFactorOptions

  constructor(options: SecondFactorOptions) {
    this.#options = options
  }

  /** Makes a secret; it protects nothing until `confirm` has seen a code of it. @throws SecondFactorOn */
  async enrol({ id, email }: Owner): Promise<Enrolment> {
    const { factors, issuer } = this.#options
    const secret = newSecret()
    if (!(await factors.propose(id, this.#sealed.seal(secret, id)))) throw new SecondFactorOn()
    return { secret, otpauthUri: otpauthUri(secret, issuer, email) }
  }

  /**
   * Turns it on.
   * @returns ten recovery codes, shown this once
   * @throws OtpInvalid, SecondFactorOff when there is no enrolment, SecondFactorOn, TooManyAttempts, HashingBusy
   */
  async confirm({ id, email }: Owner, otp: string): Promise<string[]> {
    const { factors, attempts, tell } = this.#options
    const factor = await factors.find(id)
    if (!factor) throw new SecondFactorOff()
    if (factor.isOn) throw new SecondFactorOn()
    await attempts.beginCode(id)
    const step = this.#stepOf(id, factor, otp)
    if (step === undefined) throw new OtpInvalid()
    const { texts, hashes } = await this.#newRecoveryCodes()
    if (!(await factors.confirm(id, factor.sealedSecret, step, hashes))) throw new OtpInvalid()
    await attempts.codeSucceeded(id)
    tell(email, 'second_factor_on')
    return texts
  }

  /** @throws SecondFactorOff, OtpInvalid, TooManyAttempts */
  async remove(owner: Owner, otp: string): Promise<void> {
    await this.#require(owner, otp)
    await this.#options.factors.remove(owner.id)
    this.#options.tell(owner.email, 'second_factor_off')
  }

  /** For somebody who has lost the app and the recovery codes. Repeatable; what was only begun is gone, too. */
  async takeFrom({ id, email }: Owner): Promise<void> {
    if (await this.#options.factors.remove(id)) this.#options.tell(email, 'second_factor_off')
  }

  /** Ten new codes; the old ones are worth nothing any more. @throws SecondFactorOff, OtpInvalid, TooManyAttempts */
  async renewRecoveryCodes(owner: Owner, otp: string): Promise<string[]> {
    await this.#require(owner, otp)
    const { texts, hashes } = await this.#newRecoveryCodes()
    if (!(await this.#options.factors.replaceRecovery(owner.id, hashes))) throw new SecondFactorOff()
    this.#options.tell(owner.email, 'recovery_codes_renewed')
    return texts
  }

  /**
   * The second step of a log-in or a reset, after the first one was right. Passes where there is no second factor.
   * @throws OtpRequired when there is one and no code was given
   * @throws OtpInvalid, TooManyAttempts
   */
  async check(owner: Owner, otp: string | undefined): Promise<void> {
    const factor = await this.#options.factors.find(owner.id)
    if (!factor?.isOn) return
    if (otp === undefined || otp === '') throw new OtpRequired()
    await this.#spend(owner, factor, otp)
  }

  async #require(owner: Owner, otp: string): Promise<void> {
    const factor = await this.#options.factors.find(owner.id)
    if (!factor?.isOn) throw new SecondFactorOff()
    await this.#spend(owner, factor, otp)
  }

  /** A code counts once, on all instances: what decides is the write, not the look before it. */
  async #spend({ id, email }: Owner, factor: SecondFactor, otp: string): Promise<void> {
    const { factors, attempts, tell } = this.#options
    await attempts.beginCode(id)
    const step = this.#stepOf(id, factor, otp)
    const isRight =
      step === undefined ? await this.#spendRecovery(id, factor, otp) : await factors.spendStep(id, step)
    if (!isRight) throw new OtpInvalid()
    if (step === undefined) tell(email, 'recovery_code_used')
    await attempts.codeSucceeded(id)
  }

  #stepOf(accountId: string, { sealedSecret }: SecondFactor, otp: string): number | undefined {
    const code = otp.replace(/\s/g, '')
    if (!isCode(code)) return undefined
    return stepOf(this.#sealed.open(sealedSecret, accountId), code, this.#options.now().getTime())
  }

  /** Never let in without a code because the secret is missing. @throws SecondFactorUnavailable */
  get #sealed(): SealedSecrets {
    if (!this.#options.sealed) throw new SecondFactorUnavailable()
    return this.#options.sealed
  }

  async #spendRecovery(accountId: string, { recovery }: SecondFactor, otp: string): Promise<boolean> {
    const code = fromText(otp)
    const hash = code && recovery[code.slot]
    if (!code || hash === undefined) return false
    const { correct } = await this.#options.hasher.verify(hash, code.secret)
    return correct && (await this.#options.factors.spendRecovery(accountId, code.slot, hash))
  }

  /** One after another: ten hashes at once would push log-ins out of the queue. */
  async #newRecoveryCodes(): Promise<{ texts: string[]; hashes: Record<Slot, string> }> {
    const codes = newRecoveryCodes()
    const hashes: Partial<Record<Slot, string>> = {}
    for (const { slot, secret } of codes) hashes[slot] = await this.#options.hasher.hash(secret)
    return { texts: codes.map(toText), hashes: hashes as Record<Slot, string> }
  }
}
