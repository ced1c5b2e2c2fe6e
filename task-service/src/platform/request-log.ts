import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { pathOf } from './request-target.ts'

/** W3C Trace Context §3.2 */
const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/

function traceId(request: FastifyRequest): string | undefined {
  const traceparent = request.headers.traceparent
  return typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

/** Where the time went, when that is measured (SERVER_TIMING). */
function storeTimes({ timings }: FastifyRequest): { redis_ms?: number; mongodb_ms?: number } {
  return {
    ...(timings?.redis !== undefined && { redis_ms: tenths(timings.redis) }),
    ...(timings?.mongodb !== undefined && { mongodb_ms: tenths(timings.mongodb) }),
  }
}

/** Nginx's, for the log and the metrics: nobody was there any more to get an answer. */
export const CLIENT_CLOSED_REQUEST = 499

function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error?: Error | null,
): void {
  const trace = traceId(request)
  const cache = reply.getHeader('cache-status')
  // Not of the request's own logger, which need not be made for this line.
  request.server.log.info(
    {
      req_id: request.id,
      method: request.method,
      path: pathOf(request.originalUrl),
      status,
      ms: tenths(reply.elapsedTime),
      ...(cache !== undefined && { cache }),
      ...storeTimes(request),
      ...(trace && { trace_id: trace }),
      ...(error && { err: error }),
    },
    'request',
  )
}

/** The line of a request that came to no answer because its client hung up; Fastify writes none. */
export function logHangUp(request: FastifyRequest, reply: FastifyReply): void {
  logRequest(request, reply, CLIENT_CLOSED_REQUEST)
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
    logRequest(request, reply, reply.statusCode, error)
  }
}
