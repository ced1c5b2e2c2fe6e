import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OriginPolicy } from './cors.ts'
import { preflightHeaders, problemHeaders } from './cors.ts'

const RETRY_AFTER_SECONDS = 1

/** An answer that the gateway makes itself, in the services' envelope (RFC 9457). */
export interface Problem {
  status: number
  code: string
  detail: string
}

export const NOT_FOUND: Problem = { status: 404, code: 'not_found', detail: 'Not Found' }
export const BODY_TOO_LARGE: Problem = {
  status: 413,
  code: 'body_too_large',
  detail: 'The request body is larger than 64 KiB.',
}
export const UNSUPPORTED_MEDIA_TYPE: Problem = {
  status: 415,
  code: 'unsupported_media_type',
  detail: 'The Content-Type of the request cannot be read.',
}
export const BAD_REQUEST: Problem = {
  status: 400,
  code: 'bad_request',
  detail: 'The request cannot be read.',
}
export const INTERNAL_ERROR: Problem = {
  status: 500,
  code: 'internal_error',
  detail: 'Something went wrong on our side. Please try again.',
}
export const UNREACHABLE: Problem = {
  status: 502,
  code: 'bad_gateway',
  detail: 'The service cannot be reached at the moment. Please try again.',
}
export const OVERLOADED: Problem = {
  status: 503,
  code: 'overloaded',
  detail: 'The service is busy at the moment. Please try again.',
}
export const TIMED_OUT: Problem = {
  status: 504,
  code: 'gateway_timeout',
  detail: 'The service took too long to answer. Please try again.',
}

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
}

/**
 * Answers with a problem that a browser on an allowed origin can read. A preflight is granted instead: refused, it
 * would hide the true answer to the request that follows it.
 */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  allowed: OriginPolicy,
) {
  const origin = request.headers.origin
  reply
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
    .headers(problemHeaders(origin, allowed))
  if (isPreflight(request) && allowed(origin)) return reply.code(204).headers(preflightHeaders()).send()
  // Fastify would close the connection while the body is still being sent, and a browser sees no answer then.
  // Node reads what is left and drops it, in the time that a request has.
  if (problem.status === 413) reply.removeHeader('connection')
  if (problem.status >= 502) reply.header('retry-after', RETRY_AFTER_SECONDS)
  const title = STATUS_CODES[problem.status] ?? 'Error'
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title, ...problem, request_id: request.id })
}

/** Bytes that are not HTTP leave no request to answer, so the socket is answered. */
export function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const id = randomUUID()
  const title = STATUS_CODES[status]
  const body = JSON.stringify({ type: 'about:blank', title, ...BAD_REQUEST, status, request_id: id })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nX-Request-Id: ${id}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
