import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Test } from 'tap'
import { until } from './until.ts'

export interface Received {
  /** Of the envelope */
  from: string
  to: string
  headers: Map<string, string>
  text: string
}

function decoded(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([\dA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}

function parse(raw: string, from: string, to: string): Received {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const text = decoded(rest.join('\r\n\r\n'), headers.get('content-transfer-encoding'))
  return { from, to, headers, text }
}

/** An SMTP server of this test; what it refuses, it was told to by its options. */
export async function newMailbox(t: Test, options: SMTPServerOptions = {}) {
  const received: Received[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? '' : mailFrom.address
        received.push(parse(Buffer.concat(chunks).toString(), from, rcptTo[0]?.address ?? ''))
        callback()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const { port } = server.server.address() as AddressInfo
  return {
    received,
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'AuthDB <no-reply@authdb.example>',
      PUBLIC_URL: 'https://todo.example/',
      MAIL_LIMIT_PER_HOUR: '0',
    },
    /** The first message to an address that matches, once it has come; it is taken out. */
    async next(to: string, pattern: RegExp): Promise<Received> {
      const isIt = (message: Received) => message.to === to && pattern.test(message.text)
      await until(`a message to ${to} with ${pattern}`, () => received.some(isIt))
      const [message] = received.splice(received.findIndex(isIt), 1)
      if (!message) throw new Error('taken by somebody else')
      return message
    },
  }
}

/** The token in the link of a message. */
export function tokenIn({ text }: Received, view: 'reset' | 'verify'): string {
  const [, token] = new RegExp(`^https://todo\\.example/#${view}=([\\w-]{43})\\r?$`, 'm').exec(text) ?? []
  if (token === undefined) throw new Error(`no link to ${view} in: ${text}`)
  return token
}
