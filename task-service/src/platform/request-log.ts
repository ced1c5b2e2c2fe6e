import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

const SAFE_REQUEST_ID = /^[\w.~-]{1,64}$/
/** W3C Trace Context §3.2 */
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/

/** The caller's `X-Request-Id` when it is safe to log, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && SAFE_REQUEST_ID.test(given) ? given : randomUUID()
}

function traceId(request: FastifyRequest): string | undefined {
  const traceparent = request.headers.traceparent
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
}

/** One line per request, written when it is over. Queries stay out of the log: they can carry secrets. */
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
    const trace = traceId(request)
    request.log.info(
      {
        method: request.method,
        path: request.originalUrl.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(trace && { trace_id: trace }),
        ...(error && { err: error }),
      },
      'request',
    )
  }
}
