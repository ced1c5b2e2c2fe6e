import createError from '@fastify/error'

/** What a client gets whose bytes are not the HTTP that this server speaks. */
export const RequestMalformed = createError('malformed_request', '%s', 400)
export const RequestTimedOut = createError('request_timeout', 'The request took too long to arrive.', 408)
export const ExpectationFailed = createError(
  'expectation_failed',
  'The only Expect known here is 100-continue.',
  417,
)
export const ExtensionsTooLarge = createError(
  'body_too_large',
  'The chunk extensions are larger than 16 KiB.',
  413,
)
export const HeadersTooLarge = createError(
  'headers_too_large',
  'Request line and headers are larger than 16 KiB.',
  431,
)
export const MethodUnknown = createError('method_unknown', 'This server does not know the method.', 501)
export const CodingUnknown = createError(
  'transfer_coding_unknown',
  'The only transfer coding that this server reads is chunked.',
  501,
)
export const VersionUnsupported = createError(
  'http_version_not_supported',
  'This server speaks HTTP/1.1 and HTTP/1.0.',
  505,
)
