import { type Answer, type Call, call as callUrl } from './http.ts'
import * as people from './people.ts'

/** AuthDB's clients use either prefix, with or without a trailing slash. */
export const PREFIXES = ['', '/api/v1'] as const
export const PASSWORD = 'correct horse battery staple'
export { uniqueEmail } from './people.ts'
export type { Answer }

export function environment(name: string): string {
  const value = process.env[name]
  if (!value)
    throw new Error(
      `${name} is not set: run the tests with "make test", or give the address of a running system`,
    )
  return value
}

/** The system that is tested, without a slash at its end */
export const baseUrl = environment('BASE_URL').replace(/\/$/, '')

/** One request to the system that is tested, or to an absolute URL. */
export function call(path: string, options: Call = {}): Promise<Answer> {
  return callUrl(path.startsWith('http') ? path : baseUrl + path, options)
}

export function logIn(email: string, prefix = ''): Promise<Answer> {
  return people.logIn(baseUrl + prefix, email, PASSWORD)
}

/** Registers somebody new and logs them in. */
export function newPerson(email?: string): Promise<people.Person> {
  return people.newPerson(baseUrl, email, PASSWORD)
}

/** The account of ADMIN_EMAIL, which the system was started with. */
export async function administrator(): Promise<people.Person> {
  const email = environment('ADMIN_EMAIL')
  const password = environment('ADMIN_PASSWORD')
  const login = await people.logIn(baseUrl, email, password)
  if (login.status !== 200) throw new Error(`cannot log in as administrator: ${login.text}`)
  const { access_token: token, refresh_token: refreshToken } = login.body
  const me = await call('/auth/me', { token })
  return {
    id: me.body._id,
    email,
    password,
    token,
    refreshToken,
    authorization: `Bearer ${token}`,
  }
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
