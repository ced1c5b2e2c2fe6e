import type { MailSender, Message } from './message.ts'
import { CONNECTIONS } from './senders.ts'

/** Messages that wait at most, those between two attempts included */
const MAX_HELD = 1_000
/** Pauses before the next attempts (ms); after the last one the message is given up. */
const PAUSES_MS = [1_000, 5_000, 30_000, 120_000]
/** What is left at the end of the process has so long (ms). */
const STOP_MS = 5_000

export type MailOutcome = 'sent' | 'failed' | 'dropped'

/** What a message is made from when its turn comes; undefined when there is nothing to say after all. */
export type Compose = () => Message | undefined | Promise<Message | undefined>

/** What nodemailer says of a failure, as far as it is looked at. */
interface SmtpError extends Error {
  code?: string
  responseCode?: number
  permanent?: boolean
}

interface Letter {
  /** For the log, which never sees a message: there are links in them */
  kind: string
  compose: Compose
  message?: Message | undefined
  failures: number
}

export interface OutboxOptions {
  sender: MailSender
  count: (outcome: MailOutcome) => void
  log: { warn: (details: object, message: string) => void }
  /** Calls back after so many milliseconds; returns how to prevent that */
  later?: (ms: number, callback: () => void) => () => void
}

function inReality(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Messages on their way. Whoever posts one never waits for it and never fails because of it. */
export class Outbox {
  readonly #options: Required<OutboxOptions>
  readonly #waiting: Letter[] = []
  /** Between two attempts, with what takes them out */
  readonly #pausing = new Map<Letter, () => void>()
  #sending = 0
  #isStopped = false
  #emptied: (() => void) | undefined

  constructor(options: OutboxOptions) {
    this.#options = { later: inReality, ...options }
  }

  /** Messages that have not left yet. */
  get held(): number {
    return this.#waiting.length + this.#pausing.size + this.#sending
  }

  /**
   * Sends a message soon. There is no room for it when a thousand wait: then it is counted as dropped.
   * @param kind names it in the log
   */
  post(kind: string, compose: Compose): void {
    if (this.#isStopped || this.held >= MAX_HELD) {
      this.#giveUp(kind, 'dropped', 'no room')
      return
    }
    this.#waiting.push({ kind, compose, failures: 0 })
    this.#sendNext()
  }

  /** Resolves when everything has left, after five seconds at the latest; what fails now is not tried again. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const [letter, takeOut] of this.#pausing) {
      takeOut()
      this.#giveUp(letter.kind, 'dropped', 'the process ends')
    }
    this.#pausing.clear()
    if (this.held > 0) await this.#untilEmpty()
    for (const { kind } of this.#waiting.splice(0)) this.#giveUp(kind, 'dropped', 'the process ends')
    this.#options.sender.close()
  }

  #untilEmpty(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.later(STOP_MS, resolve)
      this.#emptied = () => {
        cancel()
        resolve()
      }
    })
  }

  #sendNext(): void {
    while (this.#sending < CONNECTIONS) {
      const letter = this.#waiting.shift()
      if (!letter) break
      this.#sending++
      void this.#attempt(letter).then(() => {
        this.#sending--
        this.#sendNext()
      })
    }
    if (this.held === 0) this.#emptied?.()
  }

  async #attempt(letter: Letter): Promise<void> {
    const { sender, count } = this.#options
    try {
      letter.message ??= await letter.compose()
      if (!letter.message) return
      await sender.send(letter.message)
      count('sent')
    } catch (error) {
      this.#failed(letter, error as SmtpError)
    }
  }

  #failed(letter: Letter, error: SmtpError): void {
    const pause = PAUSES_MS[letter.failures]
    // A wrong password of the service's own is mended by people, while messages wait.
    const isRefused = error.permanent === true && error.code !== 'EAUTH'
    if (isRefused || this.#isStopped || pause === undefined) {
      this.#giveUp(letter.kind, 'failed', reasonOf(error))
      return
    }
    letter.failures++
    this.#pausing.set(
      letter,
      this.#options.later(pause, () => {
        this.#pausing.delete(letter)
        this.#waiting.push(letter)
        this.#sendNext()
      }),
    )
  }

  #giveUp(kind: string, outcome: MailOutcome, reason: string): void {
    this.#options.count(outcome)
    this.#options.log.warn({ mail: kind, reason }, 'a message was not sent')
  }
}

/** The code alone where there is one: a server's answer can repeat the message. */
function reasonOf({ code, name, responseCode }: SmtpError): string {
  return [code ?? name, responseCode].filter(Boolean).join(' ')
}
