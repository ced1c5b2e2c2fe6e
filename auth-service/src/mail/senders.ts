import { createTransport } from 'nodemailer'
import type { MailSender } from './message.ts'

/** Messages under way at once, each on a connection of its own */
export const CONNECTIONS = 2
/** A server that is silent for so long is away (ms). */
const TIMEOUT_MS = 10_000

/**
 * Hands messages to an SMTP server. It is spoken to with STARTTLS where it offers that; `smtps:` and `?requireTLS=true` ask
 * for more.
 * @param url smtp://… or smtps://…
 * @param from what stands in `From`
 */
export function smtpSender(url: string, from: string): MailSender {
  const timeouts = {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
  }
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    // The outbox tries again by itself, and counts that.
    maxRequeues: 0,
    // Templates are text alone: nothing of a message may name a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...timeouts,
  })
  return {
    async send({ to, subject, text }) {
      // RFC 3834: nobody's holiday notice answers it.
      const headers = { 'Auto-Submitted': 'auto-generated' }
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text, headers })
    },
    close: () => transport.close(),
  }
}

/** Shows messages, and the links in them, in the log: for development, where it was asked for. */
export function logSender(log: { info: (details: object, message: string) => void }): MailSender {
  return {
    send: async (message) => log.info({ mail: message }, 'this message would be sent (MAIL_TO_LOG)'),
    close: () => {},
  }
}
