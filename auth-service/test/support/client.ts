import { randomInt, randomUUID } from 'node:crypto'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { PASSWORD } from './service.ts'
import { until } from './until.ts'

export interface Tokens {
  access_token: string
  refresh_token: string
  token_type: string
  expires_in: number
}

type Method = NonNullable<InjectOptions['method']>

/** The answer to one request, its JSON parsed. */
export async function call(
  app: FastifyInstance,
  method: Method,
  url: string,
  body?: unknown,
  token?: string,
) {
  const response = await app.inject({
    method,
    url,
    ...(body !== undefined && { payload: body as object }),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  const isJson = String(response.headers['content-type'] ?? '').includes('json')
  return {
    status: response.statusCode,
    headers: response.headers,
    body: isJson ? response.json() : response.body,
  }
}

/** An address of its own: other test files share the Redis in which limits are counted. */
export function newAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
}

export function newEmail(): string {
  return `${randomUUID().slice(0, 8)}@example.com`
}

/** A step of a test's set-up: while a busy machine says "try again", it is asked for again. */
async function settled(app: FastifyInstance, url: string, body: object) {
  let answer: Awaited<ReturnType<typeof call>> | undefined
  await until(`an answer to POST ${url}`, async () => {
    answer = await call(app, 'POST', url, body)
    return answer.status !== 503
  })
  return answer as Awaited<ReturnType<typeof call>>
}

export async function register(
  app: FastifyInstance,
  email = newEmail(),
): Promise<{ _id: string; email: string }> {
  const { status, body } = await settled(app, '/auth/register', { email, password: PASSWORD })
  if (status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`)
  return body
}

export async function login(app: FastifyInstance, email: string): Promise<Tokens> {
  const { status, body } = await settled(app, '/auth/login', { email, password: PASSWORD })
  if (status !== 200) throw new Error(`not logged in: ${JSON.stringify(body)}`)
  return body
}

export async function loggedIn(app: FastifyInstance): Promise<{ id: string; email: string; tokens: Tokens }> {
  const { _id, email } = await register(app)
  return { id: _id, email, tokens: await login(app, email) }
}
