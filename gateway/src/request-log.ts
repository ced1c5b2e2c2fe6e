import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

const SAFE_REQUEST_ID = /^[\w.~-]{1,64}$/

/** The caller's `X-Request-Id` when it is safe to log, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && SAFE_REQUEST_ID.test(given) ? given : randomUUID()
}

declare module 'fastify' {
  interface FastifyRequest {
    /** A service answered, and has logged the request itself. */
    answeredByService: boolean
  }
}

/** One line per request in the whole system: the gateway logs only what no service answered. */
export class RequestLog extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'req_id' })
  }

  override incomingRequest(): void {}

  override requestCompleted(
    error: Error | null | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): void {
    if (request.answeredByService && !error) return
    request.log.warn(
      {
        method: request.method,
        path: request.originalUrl.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(error && { err: error }),
      },
      'request',
    )
  }
}
