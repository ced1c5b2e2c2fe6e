import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

/** The one error envelope: RFC 9457 problem details. `detail` is always one readable sentence. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable, machine-readable' }),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem', additionalProperties: false },
)

export interface Refusal {
  status: number
  code: string
  detail: string
  errors?: { path: string; message: string }[]
  /** Seconds */
  retryAfter?: number
}

const RETRY_AFTER_SECONDS = 1
/** A body of 64 KiB can hold thousands of mistakes. */
const MAX_NAMED_ERRORS = 20
/** Domain errors have a status and such a code (@fastify/error upper-cases it); `FST_ERR_…`, `ECONNRESET` are a library's. */
const DOMAIN_CODE = /^(?!FST_|FAST_)[A-Z][A-Z_]*$/

const FRAMEWORK_CODES: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
}

function invalidInput(error: FastifyError): Refusal {
  const errors = (error.validation ?? []).slice(0, MAX_NAMED_ERRORS).map((issue) => ({
    path: `${error.validationContext ?? ''}${issue.instancePath}`,
    message:
      issue.keyword === 'additionalProperties'
        ? `unknown field "${issue.params.additionalProperty}"`
        : (issue.message ?? 'is invalid'),
  }))
  const first = errors[0]
  const detail = first ? `Invalid input: ${first.path} ${first.message}` : 'Invalid input'
  return { status: 422, code: 'invalid_input', detail, errors }
}

export function refusalOf(error: FastifyError & { retryAfter?: number }): Refusal {
  if (error.validation) return invalidInput(error)
  const status = error.statusCode ?? 500
  if (error.statusCode && DOMAIN_CODE.test(error.code)) {
    return {
      status,
      code: error.code.toLowerCase(),
      detail: error.message,
      ...(error.retryAfter && { retryAfter: error.retryAfter }),
    }
  }
  if (status >= 400 && status < 500) {
    return { status, code: FRAMEWORK_CODES[error.code] ?? 'bad_request', detail: error.message }
  }
  return {
    status: 500,
    code: 'internal_error',
    detail: 'Something went wrong on our side. Please try again.',
  }
}

/** What is sent. */
export function problemOf({ status, retryAfter: _, ...rest }: Refusal, requestId: string) {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...rest,
    request_id: requestId,
  }
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, code, retryAfter = RETRY_AFTER_SECONDS } = refusal
  if (status === 401) {
    // RFC 6750 §3: no error code when no token was sent at all.
    reply.header('www-authenticate', code === 'invalid_token' ? 'Bearer error="invalid_token"' : 'Bearer')
  }
  // Fastify would close the connection while the body is still being sent, and proxies and browsers take that for a
  // failure of the service (502). Node reads what is left and drops it, in the time that a request has.
  if (status === 413) reply.removeHeader('connection')
  if ((status === 429 || status === 503) && !reply.hasHeader('retry-after'))
    reply.header('retry-after', retryAfter)
  return (
    reply
      .code(status)
      .type('application/problem+json')
      // A route may have a schema of its own for this status, of an answer that is no problem.
      .serializer(JSON.stringify)
      .send(problemOf(refusal, request.id))
  )
}
