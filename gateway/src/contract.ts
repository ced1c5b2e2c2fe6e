/** Where clients find everything: the path as it is, and under the prefix of the first version. */
export const PREFIXES = ['', '/api/v1']
/** Each with all below it; every path of a service's openapi.json has to be under one of them. */
export const AUTH_PATHS = ['/auth', '/users', '/audit', '/health', '/.well-known']
export const TASK_PATHS = ['/tasks']
/** Where a POST with an `Idempotency-Key` is made once, however often it is sent; of these paths alone, not of what is below them. */
export const KEYED_PATHS = ['/tasks', '/tasks/bulk']
/** An answer that goes on for as long as somebody listens. */
export const STREAM_PATH = '/tasks/events'
/** Longer than two of its heartbeats, seconds */
export const STREAM_SILENCE_SECONDS = 40
/**
 * A connection to an instance that nothing is sent on is let go after this, ms: before an instance that drains closes it. A POST that met
 * a closing connection would get 502, since nobody may send it twice (RFC 9112 §9.5).
 */
export const UPSTREAM_IDLE_MS = 500
/** What a service may be asked with. */
export const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/** An answer that the gateway makes itself, in the services' envelope (RFC 9457). */
export interface Problem {
  status: number
  code: string
  detail: string
}

const problem = (status: number, code: string, detail: string): Problem => ({ status, code, detail })

export const BAD_REQUEST = problem(400, 'malformed_request', 'The request cannot be read.')
export const NOT_FOUND = problem(404, 'not_found', 'Not Found')
export const METHOD_NOT_ALLOWED = problem(405, 'method_not_allowed', 'This method is not allowed here.')
export const TOO_SLOW = problem(408, 'request_timeout', 'The request took too long to arrive.')
export const BODY_TOO_LARGE = problem(413, 'body_too_large', 'The request body is larger than 64 KiB.')
export const UNSUPPORTED_MEDIA_TYPE = problem(
  415,
  'unsupported_media_type',
  'The Content-Type of the request cannot be read.',
)
export const RATE_LIMITED = problem(429, 'rate_limited', 'Too many requests. Please try again.')
export const HEADERS_TOO_LARGE = problem(
  431,
  'headers_too_large',
  'Request line and headers are larger than 16 KiB.',
)
export const INTERNAL_ERROR = problem(
  500,
  'internal_error',
  'Something went wrong on our side. Please try again.',
)
export const CODING_UNKNOWN = problem(
  501,
  'transfer_coding_unknown',
  'The only transfer coding that this server reads is chunked.',
)
export const UNREACHABLE = problem(
  502,
  'bad_gateway',
  'The service cannot be reached at the moment. Please try again.',
)
export const OVERLOADED = problem(503, 'overloaded', 'The service is busy at the moment. Please try again.')
export const TIMED_OUT = problem(
  504,
  'gateway_timeout',
  'The service took too long to answer. Please try again.',
)
export const VERSION_UNSUPPORTED = problem(
  505,
  'http_version_not_supported',
  'This server speaks HTTP/1.1 and HTTP/1.0.',
)
/** Worth asking again, in a moment. */
export const REPEATABLE_STATUSES = new Set([429, 502, 503, 504])
