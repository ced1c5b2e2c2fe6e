import { METHODS, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { EXPOSED_HEADERS, type OriginPolicy } from './cors.ts'
import { hook } from './hooks.ts'
import { problemOf, refusalOf } from './problems.ts'
import {
  CodingUnknown,
  ExtensionsTooLarge,
  HeadersTooLarge,
  MethodUnknown,
  RequestMalformed,
  RequestTimedOut,
  VersionUnsupported,
} from './protocol-errors.ts'
import { requestIdOf } from './request-id.ts'
import { pathOf } from './request-target.ts'

/** A refused connection stays open so long, or a client that still sends would lose the answer (RFC 9112 §9.6). */
const LINGER_MS = 1_000
const MAX_LOGGED_PATH = 1_024
const REQUEST_LINE = /^(\S+) (\S+) HTTP\/(\d\.\d)\r?$/
const KNOWN_VERSION = /^1\.[01]$/

/** Of Node's HTTP parser and server. */
export interface ClientError extends Error {
  code?: string
  /** A Buffer, although Fastify's types know another form */
  rawPacket?: unknown
  bytesParsed?: number
}

/** What could be read of a request that is none. */
interface Head {
  line: string
  headers: Partial<Record<string, string>>
}

/** The last request whose head was read on each connection. */
const latest = new WeakMap<Duplex, FastifyReply>()
/** Connections that were told their bytes are no HTTP. */
const refused = new WeakSet<Duplex>()

/** Of the packet the parser stumbled in. Earlier requests can precede it there. */
function headIn({ rawPacket, bytesParsed = 0 }: ClientError): Head {
  const packet = Buffer.isBuffer(rawPacket) ? rawPacket : Buffer.alloc(0)
  const start = packet.subarray(0, bytesParsed).lastIndexOf('\r\n\r\n')
  const text = packet.toString('latin1', start < 0 ? 0 : start + 4)
  const [line = '', ...fields] = (text.split('\r\n\r\n', 1)[0] ?? '').split('\n')
  const headers = fields.map((field) => /^([\w-]+):[ \t]*(.*?)[ \t]*\r?$/.exec(field)?.slice(1) ?? [])
  return {
    line,
    headers: Object.fromEntries(headers.map(([name = '', value]) => [name.toLowerCase(), value])),
  }
}

function refusalFor({ code }: ClientError, { line }: Head): FastifyError {
  const [, , , version] = REQUEST_LINE.exec(line) ?? []
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RequestTimedOut()
    case 'HPE_HEADER_OVERFLOW':
      return new HeadersTooLarge()
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new ExtensionsTooLarge()
    case 'HPE_PAUSED_H2_UPGRADE':
      return new VersionUnsupported()
    case 'HPE_INVALID_VERSION':
      if (version !== undefined && !KNOWN_VERSION.test(version)) return new VersionUnsupported()
      break
    case 'HPE_INVALID_METHOD':
      if (version !== undefined) return new MethodUnknown()
  }
  return new RequestMalformed('The request is not valid HTTP/1.1.')
}

/** Method and path of a request line; nothing of bytes that are none, which can be anything, also a secret. */
function logged(line: string): { method?: string; path?: string } {
  const [, method = '', target] = REQUEST_LINE.exec(line) ?? []
  return METHODS.includes(method) ? { method, path: pathOf(target).slice(0, MAX_LOGGED_PATH) } : {}
}

/** Answers on a connection for which there is no request, and ends it. */
function refuse(
  app: FastifyInstance,
  allowed: OriginPolicy,
  socket: Duplex,
  error: FastifyError,
  head: Head,
): void {
  const { origin } = head.headers
  const id = requestIdOf(head.headers['x-request-id'])
  const refusal = refusalOf(error)
  const body = JSON.stringify(problemOf(refusal, id))
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': id,
    Vary: 'Origin',
    ...(allowed(origin) && {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': EXPOSED_HEADERS.join(', '),
    }),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('')}\r\n${body}`)
  const linger = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(linger))
  app.log.info({ req_id: id, ...logged(head.line), status: refusal.status, code: refusal.code }, 'request')
}

/** Ends a request whose body broke off: through its route, as any other refusal. */
function fail(reply: FastifyReply, error: ClientError): void {
  const { raw } = reply.request
  // It had its answer before its body was there.
  if (reply.sent) return void raw.socket.destroySoon()
  const refusal =
    error.code === 'HPE_INVALID_TRANSFER_ENCODING'
      ? new CodingUnknown()
      : refusalFor(error, { line: '', headers: {} })
  reply.header('connection', 'close')
  // Whoever reads the body hears of it first, and answers.
  if (raw.listenerCount('error') > 0) raw.emit('error', refusal)
  else reply.send(refusal)
}

function answerOn(app: FastifyInstance, allowed: OriginPolicy, error: ClientError, socket: Duplex): void {
  const reply = latest.get(socket)
  if (reply && !reply.request.raw.complete) {
    // It ended within a body: whoever reads that hears of it from the request.
    if (error.code === 'HPE_INVALID_EOF_STATE') socket.destroy()
    else fail(reply, error)
    return
  }
  const head = headIn(error)
  const answer = () => refuse(app, allowed, socket, refusalFor(error, head), head)
  // Bytes after a request that is still being served: its answer comes first.
  if (reply && !reply.raw.writableFinished) reply.raw.once('finish', answer)
  else answer()
}

/** For Fastify's option of that name: bytes that are no HTTP, and requests that do not come to their end. */
export function clientErrorHandler(allowed: OriginPolicy) {
  return function onClientError(this: FastifyInstance, error: ClientError, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    if (refused.has(socket)) return
    refused.add(socket)
    // Not before the hooks of a request whose head was in the same packet.
    setImmediate(answerOn, this, allowed, error, socket)
  }
}

interface BelowRouterOptions {
  allowed: OriginPolicy
  /** For each request that came to no answer because its client went away; Fastify tells nobody of it. */
  onHangUp: (request: FastifyRequest, reply: FastifyReply) => void
}

async function belowRouter(app: FastifyInstance, { allowed, onHangUp }: BelowRouterOptions): Promise<void> {
  app.addHook(
    'onRequest',
    hook((request, reply) => {
      latest.set(request.raw.socket, reply)
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) onHangUp(request, reply)
      })
    }),
  )
  // Node closes the connection without a word when nobody listens.
  app.server.on('connect', ({ headers, httpVersion }, socket) => {
    const line = `CONNECT / HTTP/${httpVersion}`
    const { origin, 'x-request-id': id } = headers as Head['headers']
    refuse(app, allowed, socket, new MethodUnknown(), { line, headers: { origin, 'x-request-id': id } })
  })
}

/** Answers in the envelope, with a line in the log, where there is no route to make them. */
export default fp(belowRouter, { name: 'below-router' })
