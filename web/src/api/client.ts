import { feed } from '../system/feed.ts'
import { type Exchange, parseHeaders } from './exchange.ts'
import { newIdentifier } from './identifier.ts'

const TIMEOUT_MS = 20_000

/** An answer that is no success; `message` is the sentence the service gave, for people. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  headers?: Record<string, string>
  token?: string | undefined
}

export interface Answer<T> {
  data: T
  headers: Headers
  exchange: Exchange
}

const NO_ANSWER = 'The system does not answer. Is it still running? Nothing is lost: try again in a moment.'

/** A wait is in the sentence already; where the gateway itself refuses, there may be no sentence at all. */
async function problemOf(response: Response): Promise<ApiError> {
  const problem = await response.json().catch(() => undefined)
  const detail = typeof problem?.detail === 'string' ? problem.detail : `The answer was ${response.status}.`
  return new ApiError(response.status, problem?.code ?? 'unknown', detail)
}

function record(call: Call, started: number, response: Response | undefined): Exchange {
  const exchange: Exchange = {
    id: response?.headers.get('x-request-id') ?? newIdentifier(),
    method: call.method ?? 'GET',
    path: call.path.split('?', 1)[0] ?? '/',
    status: response?.status ?? 0,
    ms: performance.now() - started,
    own: true,
    ...(response && parseHeaders(response.headers)),
  }
  feed.add(exchange)
  return exchange
}

/**
 * One request to the system this page came from; every answer, also a refusal, is drawn.
 * @throws ApiError
 */
export async function send<T>(call: Call): Promise<Answer<T>> {
  const started = performance.now()
  const { method = 'GET', path, body, token } = call
  const response = await fetch(path, {
    method,
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...call.headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => undefined)
  const exchange = record(call, started, response)
  if (!response) throw new ApiError(0, 'no_answer', NO_ANSWER)
  if (!response.ok) throw await problemOf(response)
  const text = await response.text()
  return { data: (text ? JSON.parse(text) : undefined) as T, headers: response.headers, exchange }
}
