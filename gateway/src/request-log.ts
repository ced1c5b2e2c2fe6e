import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { pathOf } from './platform/request-target.ts'

/** Nginx's: nobody was there any more to get an answer. */
const CLIENT_CLOSED_REQUEST = 499

declare module 'fastify' {
  interface FastifyRequest {
    /** A service answered, and has logged the request itself. */
    answeredByService: boolean
    /** A service has it, and logs that its client hung up. */
    sentToService: boolean
    /** It does not count as being served any more. */
    leaveFlight: () => void
  }
}

function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error?: Error | null,
): void {
  request.log.warn(
    {
      method: request.method,
      path: pathOf(request.originalUrl),
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(error && { err: error }),
    },
    'request',
  )
}

/** The line of a request whose client hung up before a service had it; Fastify writes none. */
export function logHangUp(request: FastifyRequest, reply: FastifyReply): void {
  if (!request.sentToService) logRequest(request, reply, CLIENT_CLOSED_REQUEST)
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
    if (!request.answeredByService || error) logRequest(request, reply, reply.statusCode, error)
  }
}
