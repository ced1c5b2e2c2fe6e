import { createHash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { tooManyAttempts, tooManyMails } from '../errors.ts'
import { addressGroup } from './address-group.ts'
import type { AttemptStore, DelayRule } from './attempt-store.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** One sender at one account: after five wrong passwords 1 s, 2 s, 4 s … 15 min. */
const SENDER_RULE: DelayRule = { free: 5, baseMs: 1_000, maxMs: 15 * MINUTE_MS, forgetMs: 30 * MINUTE_MS }
/** All senders at one account: a guessing network is slowed to one attempt a minute. */
const ACCOUNT_RULE: DelayRule = { free: 20, baseMs: 1_000, maxMs: MINUTE_MS, forgetMs: 30 * MINUTE_MS }
/** One-time codes of one account, whoever asks: it takes the right password to come so far. */
const CODE_RULE: DelayRule = { free: 5, baseMs: 1_000, maxMs: 15 * MINUTE_MS, forgetMs: 30 * MINUTE_MS }

export interface Attempt {
  /** Normalised; whether an account has it makes no difference */
  email: string
  address: string
  /** Asked only while the account is under attack: has its owner been in this network before? */
  isFamiliar: () => Promise<boolean>
  /** Told where a limit stands: that of the address, then the one that refuses, if any */
  showLimit: (limit: LimitState) => void
}

/** For the `RateLimit-*` headers of a log-in. */
export interface LimitState {
  limit: number
  remaining: number
  resetSeconds: number
}

/** An attempt that may go on to the password. */
export interface Begun {
  /** Takes it back when no password was checked: the service was busy, or its database away */
  undo: () => Promise<void>
}

export interface AttemptOptions {
  shared: AttemptStore
  /** Takes over while the shared store rejects */
  local: AttemptStore
  /** 0 = no limits on log-ins */
  limitPerMinute: number
  /** Messages to one e-mail address; 0 = no limit */
  mailsPerHour: number
  log: FastifyBaseLogger
}

/**
 * Limits on guessing (NIST SP 800-63B-4 §3.2.2), counted before a password is looked at. A stranger can slow an
 * account down but not lock its owner out: waits are bounded, attempts during a wait do not extend it, and from a
 * network the owner has logged in from before only that network's own failures count.
 */
export class Attempts {
  readonly #options: AttemptOptions
  #isAlone = false

  constructor(options: AttemptOptions) {
    this.#options = options
  }

  /** Counts an attempt; one that is refused counts for its address alone. @throws TooManyAttempts */
  async begin(attempt: Attempt): Promise<Begun> {
    const { limitPerMinute } = this.#options
    if (limitPerMinute === 0) return { undo: async () => {} }
    const { byAddress, bySender, byAccount } = keysOf(attempt)
    const wait = await this.#countIn(byAddress, MINUTE_MS, limitPerMinute, attempt.showLimit)
    if (wait > 0) throw tooManyAttempts(wait)
    const refusal = ({ free }: DelayRule, waitMs: number) => {
      const resetSeconds = inSeconds(waitMs)
      attempt.showLimit({ limit: free, remaining: 0, resetSeconds })
      return tooManyAttempts(resetSeconds)
    }
    const senderWait = await this.#use((store) => store.delay(bySender, SENDER_RULE))
    if (senderWait > 0) throw refusal(SENDER_RULE, senderWait)
    const undoSender = () => this.#use((store) => store.undo(bySender, SENDER_RULE))
    const accountWait = await this.#use((store) => store.delay(byAccount, ACCOUNT_RULE))
    const undoAccount = () => this.#use((store) => store.undo(byAccount, ACCOUNT_RULE))
    try {
      if (accountWait > 0 && !(await attempt.isFamiliar())) throw refusal(ACCOUNT_RULE, accountWait)
    } catch (error) {
      await undoSender()
      throw error
    }
    return {
      // From a familiar network an attempt goes on without having counted for the account.
      undo: async () => {
        await undoSender()
        if (accountWait === 0) await undoAccount()
      },
    }
  }

  /** Forgets the failures at an account once its owner is in. */
  async succeeded(attempt: Pick<Attempt, 'email' | 'address'>): Promise<void> {
    if (this.#options.limitPerMinute === 0) return
    const { bySender, byAccount } = keysOf(attempt)
    await this.#use((store) => store.forget([bySender, byAccount]))
  }

  /** Counts a look at a one-time code: a million of them are guessed more easily than a password. @throws TooManyAttempts */
  async beginCode(accountId: string): Promise<void> {
    if (this.#options.limitPerMinute === 0) return
    const wait = await this.#use((store) => store.delay(codesOf(accountId), CODE_RULE))
    if (wait > 0) throw tooManyAttempts(inSeconds(wait))
  }

  async codeSucceeded(accountId: string): Promise<void> {
    if (this.#options.limitPerMinute === 0) return
    await this.#use((store) => store.forget([codesOf(accountId)]))
  }

  /**
   * Counts a message with a link that somebody asks for: with the log-ins of the sender, and for the e-mail address, whether
   * or not an account has it.
   * @throws TooManyAttempts, TooManyMails
   */
  async beginMail({ email, address, showLimit }: Omit<Attempt, 'isFamiliar'>): Promise<void> {
    const { limitPerMinute, mailsPerHour } = this.#options
    const { byAddress, account } = keysOf({ email, address })
    if (limitPerMinute > 0) {
      const wait = await this.#countIn(byAddress, MINUTE_MS, limitPerMinute, showLimit)
      if (wait > 0) throw tooManyAttempts(wait)
    }
    if (mailsPerHour === 0) return
    const wait = await this.#countIn(`mail:${account}`, HOUR_MS, mailsPerHour, showLimit)
    if (wait > 0) throw tooManyMails(wait)
  }

  /** @returns the seconds to wait when the window is full, else 0 */
  async #countIn(
    key: string,
    windowMs: number,
    limit: number,
    showLimit: Attempt['showLimit'],
  ): Promise<number> {
    const { count, resetMs } = await this.#use((store) => store.count(key, windowMs))
    const resetSeconds = inSeconds(resetMs)
    showLimit({ limit, remaining: Math.max(0, limit - count), resetSeconds })
    return count > limit ? resetSeconds : 0
  }

  async #use<T>(operation: (store: AttemptStore) => Promise<T>): Promise<T> {
    const { shared, local, log } = this.#options
    try {
      const result = await operation(shared)
      if (this.#isAlone) log.info('counting log-in attempts together again')
      this.#isAlone = false
      return result
    } catch (reason) {
      if (!this.#isAlone)
        log.warn({ reason: String(reason) }, 'counting log-in attempts of this instance alone')
      this.#isAlone = true
      return operation(local)
    }
  }
}

const codesOf = (accountId: string) => `code:${accountId}`

/** Whole seconds, at least one. */
function inSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}

function keysOf({ email, address }: Pick<Attempt, 'email' | 'address'>) {
  const sender = addressGroup(address)
  // Redis is a cache that many can read: it learns no addresses of people.
  const account = createHash('sha256').update(email).digest('base64url')
  return {
    account,
    byAddress: `address:${sender}`,
    bySender: `sender:${account}:${sender}`,
    byAccount: `account:${account}`,
  }
}
