import { randomBytes } from 'node:crypto'
import { waitUntil } from '../../../dev/src/wait.ts'

/** AuthDB's clients use either prefix, with or without a trailing slash. */
export const PREFIXES = ['', '/api/v1'] as const
export const PASSWORD = 'correct horse battery staple'

export function environment(name: string): string {
  const value = process.env[name]
  if (!value)
    throw new Error(
      `${name} is not set: run the tests with "make test", or give the address of a running system`,
    )
  return value
}

export const baseUrl = environment('BASE_URL').replace(/\/$/, '')

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is what the tests are about
  body: any
  text: string
}

export interface Call {
  method?: string
  token?: string
  json?: unknown
  body?: string | Buffer | FormData | URLSearchParams
  headers?: Record<string, string>
}

/** One request; the body is parsed when it is JSON. */
export async function call(
  path: string,
  { method = 'GET', token, json, body, headers = {} }: Call = {},
): Promise<Answer> {
  const sent = json === undefined ? body : JSON.stringify(json)
  const response = await fetch(path.startsWith('http') ? path : baseUrl + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    signal: AbortSignal.timeout(15_000),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : undefined,
    text,
  }
}

export function uniqueEmail(): string {
  return `p-${randomBytes(8).toString('hex')}@example.org`
}

export interface Person {
  email: string
  id: string
  token: string
  refreshToken: string
}

export async function logIn(email: string, prefix = ''): Promise<Answer> {
  return call(`${prefix}/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: email, password: PASSWORD }),
  })
}

/** Somebody new, registered and logged in. */
export async function newPerson(email = uniqueEmail()): Promise<Person> {
  const registered = await call('/auth/register', {
    method: 'POST',
    json: { email, password: PASSWORD, name: 'Pat' },
  })
  if (registered.status !== 201) throw new Error(`cannot register: ${registered.status} ${registered.text}`)
  const login = await logIn(email)
  return {
    email,
    id: registered.body._id,
    token: login.body.access_token,
    refreshToken: login.body.refresh_token,
  }
}

/** The account of ADMIN_EMAIL, which the system was started with; it is made when it is not there yet. */
export async function administrator(): Promise<Person> {
  const email = environment('ADMIN_EMAIL')
  await call('/auth/register', { method: 'POST', json: { email, password: PASSWORD } })
  const login = await logIn(email)
  if (login.status !== 200) throw new Error(`cannot log in as administrator: ${login.text}`)
  const me = await call('/auth/me', { token: login.body.access_token })
  return { email, id: me.body._id, token: login.body.access_token, refreshToken: login.body.refresh_token }
}

/** {@link waitUntil}, for what is a matter of seconds. */
export function until(condition: () => Promise<boolean>, what: string, limitMs = 15_000): Promise<number> {
  return waitUntil(what, limitMs, condition)
}

/** Every refusal has one envelope (RFC 9457) whose detail is one readable sentence. */
export function isProblem({ status, headers, body }: Answer): boolean {
  return (
    (headers.get('content-type') ?? '').startsWith('application/problem+json') &&
    body.status === status &&
    [body.type, body.title, body.detail, body.code, body.request_id].every(
      (field) => typeof field === 'string' && field.length > 0,
    ) &&
    body.request_id === headers.get('x-request-id')
  )
}
