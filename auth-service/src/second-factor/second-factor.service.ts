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
}

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
  async enrol({ id, email }: Account): Promise<Enrolment> {
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
  async confirm({ id }: Account, otp: string): Promise<string[]> {
    const { factors, attempts } = this.#options
    const factor = await factors.find(id)
    if (!factor) throw new SecondFactorOff()
    if (factor.isOn) throw new SecondFactorOn()
    await attempts.beginCode(id)
    const step = this.#stepOf(id, factor, otp)
    if (step === undefined) throw new OtpInvalid()
    const { texts, hashes } = await this.#newRecoveryCodes()
    if (!(await factors.confirm(id, factor.sealedSecret, step, hashes))) throw new OtpInvalid()
    await attempts.codeSucceeded(id)
    return texts
  }

  /** @throws SecondFactorOff, OtpInvalid, TooManyAttempts */
  async remove({ id }: Account, otp: string): Promise<void> {
    await this.#require(id, otp)
    await this.#options.factors.remove(id)
  }

  /** Ten new codes; the old ones are worth nothing any more. @throws SecondFactorOff, OtpInvalid, TooManyAttempts */
  async renewRecoveryCodes({ id }: Account, otp: string): Promise<string[]> {
    await this.#require(id, otp)
    const { texts, hashes } = await this.#newRecoveryCodes()
    if (!(await this.#options.factors.replaceRecovery(id, hashes))) throw new SecondFactorOff()
    return texts
  }

  /**
   * The second step of a log-in or a reset, after the first one was right. Passes where there is no second factor.
   * @throws OtpRequired when there is one and no code was given
   * @throws OtpInvalid, TooManyAttempts
   */
  async check(accountId: string, otp: string | undefined): Promise<void> {
    const factor = await this.#options.factors.find(accountId)
    if (!factor?.isOn) return
    if (otp === undefined || otp === '') throw new OtpRequired()
    await this.#spend(accountId, factor, otp)
  }

  async #require(accountId: string, otp: string): Promise<void> {
    const factor = await this.#options.factors.find(accountId)
    if (!factor?.isOn) throw new SecondFactorOff()
    await this.#spend(accountId, factor, otp)
  }

  /** A code counts once, on all instances: what decides is the write, not the look before it. */
  async #spend(accountId: string, factor: SecondFactor, otp: string): Promise<void> {
    const { factors, attempts } = this.#options
    await attempts.beginCode(accountId)
    const step = this.#stepOf(accountId, factor, otp)
    const isRight =
      step === undefined
        ? await this.#spendRecovery(accountId, factor, otp)
        : await factors.spendStep(accountId, step)
    if (!isRight) throw new OtpInvalid()
    await attempts.codeSucceeded(accountId)
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
