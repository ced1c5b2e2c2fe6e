import { Counter, Gauge } from '@prometheus-io/client'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { type Compose, Outbox } from './outbox.ts'
import { logSender, smtpSender } from './senders.ts'
import { type Change, changeNotice } from './templates.ts'

export type { Message } from './message.ts'
export { addressChange, addressCheck, type Change, passwordReset } from './templates.ts'

/** Sends messages, or does nothing where no way to send them was set up. */
export interface Mail {
  isOn: boolean
  /** Never waits and never fails. @param kind names the message in the log */
  post(kind: string, compose: Compose): void
  /** Tells the owner of an account what has changed. */
  tell(email: string, change: Change): void
  /** Resolves when everything has left, or cannot. */
  stop(): Promise<void>
}

type Settings = Partial<Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_TO_LOG'>>

interface Log {
  info: (details: object, message: string) => void
  warn: (details: object, message: string) => void
}

function senderOf({ SMTP_URL: url, MAIL_FROM: from, MAIL_TO_LOG: isLogged }: Settings, log: Log) {
  if (url !== undefined && from !== undefined) return smtpSender(url, from)
  return isLogged ? logSender(log) : undefined
}

const OFF: Mail = { isOn: false, post: () => {}, tell: () => {}, stop: async () => {} }

/** Mail by its settings alone: also for a command. */
export function mailOf(settings: Settings, log: Log, registry: Service['registry']): Mail {
  const sender = senderOf(settings, log)
  if (!sender) return OFF
  const outcomes = new Counter({
    name: 'auth_mails_total',
    help: 'Messages by outcome: sent, failed after all attempts, or dropped because too many waited',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const outbox = new Outbox({ sender, count: (outcome) => outcomes.inc({ outcome }), log })
  new Gauge({
    name: 'auth_mails_waiting',
    help: 'Messages that have not left yet',
    registers: [registry],
    collect() {
      this.set(outbox.held)
    },
  })
  const post = (kind: string, compose: Compose) => outbox.post(kind, compose)
  return {
    isOn: true,
    post,
    tell: (email, change) => post(change, () => ({ to: email, ...changeNotice(email, change) })),
    stop: () => outbox.stop(),
  }
}

/** Messages to the owners of accounts. */
export function mailFeature({ config, log, registry }: Service<Config>): Feature & { mail: Mail } {
  const mail = mailOf(config, log, registry)
  return { name: 'mail', mail, jobs: [{ start: () => {}, stop: () => mail.stop() }] }
}
