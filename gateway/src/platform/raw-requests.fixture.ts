/** Bytes that a client sends, and what has to come back. */
export interface RawRequest {
  why: string
  /** Latin-1: a character is a byte */
  bytes: string
  status: number
  /** Of the envelope; of an answer without one, none */
  code?: string
  /** Whether the origin of the request can be read, so that the answer tells a browser about it */
  cors?: false
}

const KIB_20 = 20_480

/**
 * What HTTP/1.1 (RFC 9110, RFC 9112) and the contract say of requests that are unusual or none, whoever answers: a
 * service or a gateway.
 * @param read a path that GET answers with 200 without a token, and that nothing else is allowed on
 * @param write a path that POST takes JSON on without a token: an empty object is 422 there
 */
export function rawRequests(read: string, write: string, origin: string): RawRequest[] {
  const head = `Host: a.example\r\nOrigin: ${origin}\r\n`
  const json = `${head}Content-Type: application/json\r\n`
  const malformed = { status: 400, code: 'malformed_request' }
  return [
    {
      why: 'the absolute form',
      bytes: `GET http://b.example${read}?a=b HTTP/1.1\r\n${head}\r\n`,
      status: 200,
    },
    {
      why: 'HTTP/1.0 without a Host',
      bytes: `GET ${read} HTTP/1.0\r\nOrigin: ${origin}\r\n\r\n`,
      status: 200,
    },
    {
      why: 'OPTIONS for the whole server',
      bytes: `OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n`,
      status: 204,
      cors: false,
    },
    { why: 'no Host', bytes: `GET ${read} HTTP/1.1\r\nOrigin: ${origin}\r\n\r\n`, ...malformed },
    { why: 'two Hosts', bytes: `GET ${read} HTTP/1.1\r\n${head}Host: b.example\r\n\r\n`, ...malformed },
    {
      why: 'an empty Host',
      bytes: `GET ${read} HTTP/1.1\r\nHost:\r\nOrigin: ${origin}\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'a Host with a path',
      bytes: `GET ${read} HTTP/1.1\r\nHost: a/b\r\nOrigin: ${origin}\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'a password in the absolute form',
      bytes: `GET http://me:hunter2@b.example${read} HTTP/1.1\r\n${head}\r\n`,
      ...malformed,
    },
    { why: 'no valid target', bytes: `GET nowhere HTTP/1.1\r\n${head}\r\n`, ...malformed },
    { why: 'a space in the target', bytes: `GET ${read} x HTTP/1.1\r\n${head}\r\n`, ...malformed },
    {
      why: 'a control character in a header',
      bytes: `GET ${read} HTTP/1.1\r\n${head}X: a\x1b\0\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'a header folded over lines',
      bytes: `GET ${read} HTTP/1.1\r\n${head}X: a\r\n b\r\n\r\n`,
      ...malformed,
    },
    { why: 'a space before a colon', bytes: `GET ${read} HTTP/1.1\r\n${head}X : a\r\n\r\n`, ...malformed },
    { why: 'a TLS handshake', bytes: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', ...malformed, cors: false },
    {
      why: 'headers that are too large',
      bytes: `GET ${read} HTTP/1.1\r\n${head}X: ${'x'.repeat(KIB_20)}\r\n\r\n`,
      status: 431,
      code: 'headers_too_large',
    },
    {
      why: 'a target that is too large',
      bytes: `GET ${read}?${'x'.repeat(KIB_20)} HTTP/1.1\r\n${head}\r\n`,
      status: 431,
      code: 'headers_too_large',
    },
    {
      why: 'an unknown method',
      bytes: `FISH ${read} HTTP/1.1\r\n${head}\r\n`,
      status: 501,
      code: 'method_unknown',
    },
    {
      why: 'a method in lower case',
      bytes: `get ${read} HTTP/1.1\r\n${head}\r\n`,
      status: 501,
      code: 'method_unknown',
    },
    {
      why: 'CONNECT',
      bytes: `CONNECT a.example:80 HTTP/1.1\r\n${head}\r\n`,
      status: 501,
      code: 'method_unknown',
    },
    ...['DELETE', 'PROPFIND', 'TRACE', 'POST'].map((method) => ({
      why: `the method ${method} where GET is`,
      bytes: `${method} ${read} HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`,
      status: 405,
      code: 'method_not_allowed',
    })),
    ...['0.9', '2.0', '3.0'].map((version) => ({
      why: `the version ${version}`,
      bytes: `GET ${read} HTTP/${version}\r\n${head}\r\n`,
      status: 505,
      code: 'http_version_not_supported',
    })),
    {
      why: 'HTTP/2 without TLS',
      bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      status: 505,
      code: 'http_version_not_supported',
      cors: false,
    },
    {
      why: 'an expectation nobody knows',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Expect: fish\r\nContent-Length: 2\r\n\r\n{}`,
      status: 417,
      code: 'expectation_failed',
    },
    ...['fish', 'gzip, chunked'].map((coding) => ({
      why: `the transfer coding ${coding}`,
      bytes: `POST ${write} HTTP/1.1\r\n${json}Transfer-Encoding: ${coding}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      status: 501,
      code: 'transfer_coding_unknown',
    })),
    {
      why: 'chunked twice',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'a length and a transfer coding',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'two lengths',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      ...malformed,
    },
    {
      why: 'a transfer coding in HTTP/1.0',
      bytes: `POST ${write} HTTP/1.0\r\n${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      ...malformed,
    },
    {
      why: 'a chunk of no size',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      ...malformed,
    },
    {
      why: 'a body in chunks',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      status: 422,
      code: 'invalid_input',
    },
    ...['gzip', 'br', 'identity, gzip'].map((coding) => ({
      why: `the content coding ${coding}`,
      bytes: `POST ${write} HTTP/1.1\r\n${json}Content-Encoding: ${coding}\r\nContent-Length: 2\r\n\r\n{}`,
      status: 415,
      code: 'unsupported_media_type',
    })),
    {
      why: 'a charset that is not UTF-8',
      bytes: `POST ${write} HTTP/1.1\r\n${head}Content-Type: application/json; charset="iso-8859-1"\r\nContent-Length: 2\r\n\r\n{}`,
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      why: 'JSON that is not UTF-8',
      bytes: `POST ${write} HTTP/1.1\r\n${json}Content-Length: 9\r\n\r\n{"a":"\xe9"}`,
      status: 400,
      code: 'malformed_json',
    },
  ]
}
