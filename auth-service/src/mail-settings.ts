import { type Static, Type } from 'typebox'
import { checkedEmail } from './email.ts'
import { httpUrl, isHost, type Kind, setting } from './platform/settings.ts'

/** The page of a link's reader: what the link says follows after it. */
const publicUrl: Kind<string> = {
  read: (text) => (new URL(text).search === '' ? httpUrl.read(text)?.replace(/\/+$/, '') : undefined),
  expects: 'must be http://host[:port][/path] or https://…, without a user, password, query or fragment',
}

const smtpUrl: Kind<string> = {
  read: (text) => {
    const { protocol, hostname, username, password } = new URL(text)
    for (const part of [username, password]) decodeURIComponent(part)
    return /^smtps?:$/.test(protocol) && isHost(hostname.replace(/^\[(.*)\]$/, '$1')) ? text : undefined
  },
  expects:
    'must be smtp://[user:password@]host[:port][?requireTLS=true] or smtps://…, with special characters in a password percent-encoded',
}

const SENDER = /^(?:[^<>"\p{C}]+ <([^<>]+)>|([^<>]+))$/u
const mailFrom: Kind<string> = {
  read: (text) => {
    const [, named, bare] = SENDER.exec(text) ?? []
    return checkedEmail(named ?? bare ?? '') ? text : undefined
  },
  expects: 'must be an e-mail address, or a name and one in angle brackets',
}

/** What sending messages takes. */
export const Mail = Type.Object({
  PUBLIC_URL: Type.Optional(
    setting(publicUrl, {
      description: 'Where people find the page; links in messages lead there. Needed to send any',
    }),
  ),
  SMTP_URL: Type.Optional(
    setting(smtpUrl, {
      description:
        'Server that messages are handed to, a secret; without it none are sent, and routes that need one answer `mail_off`',
    }),
  ),
  MAIL_FROM: Type.Optional(
    setting(mailFrom, { description: 'Sender of messages, `Name <address>`. Needed to send any' }),
  ),
  MAIL_TO_LOG: Type.Boolean({
    default: false,
    description: 'Write messages into the log, links that let people in included: for development alone',
  }),
})

/**
 * What is missing or contradictory among them, a sentence each.
 * A link never leads where a request's `Host` says, so that nobody can have one sent that leads elsewhere.
 */
export function problemsOfMail({
  SMTP_URL,
  MAIL_TO_LOG,
  MAIL_FROM,
  PUBLIC_URL,
}: Static<typeof Mail>): string[] {
  if (!SMTP_URL && !MAIL_TO_LOG) return []
  const by = SMTP_URL ? 'SMTP_URL' : 'MAIL_TO_LOG'
  return [
    ...(PUBLIC_URL ? [] : [`PUBLIC_URL is not set, and ${by} needs it`]),
    ...(MAIL_FROM || !SMTP_URL ? [] : ['MAIL_FROM is not set, and SMTP_URL needs it']),
    ...(SMTP_URL && MAIL_TO_LOG ? ['MAIL_TO_LOG must be false where SMTP_URL is set'] : []),
  ]
}
