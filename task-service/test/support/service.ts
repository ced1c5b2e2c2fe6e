import { randomBytes } from 'node:crypto'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { MongoClient } from 'mongodb'
import { type Application, buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { hexId, Issuer } from './issuer.ts'

const WAIT_MS = 15_000

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + WAIT_MS
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function requireEnv(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run the tests with "make test"`)
  return value
}

/** The whole service on a database of its own, with a real MongoDB and Redis. */
export class TestService {
  readonly issuer: Issuer
  readonly application: Application
  readonly #database: string

  private constructor(issuer: Issuer, application: Application, database: string) {
    this.issuer = issuer
    this.application = application
    this.#database = database
  }

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<TestService> {
    const issuer = await Issuer.start()
    const database = `tasks_test_${randomBytes(6).toString('hex')}`
    const application = await buildApp(
      loadConfig({
        LOG_LEVEL: 'silent',
        MONGODB_URI: requireEnv('MONGODB_URI'),
        REDIS_URL: requireEnv('REDIS_URL'),
        MONGODB_DATABASE: database,
        JWKS_URL: `${issuer.url}/.well-known/jwks.json`,
        REVOCATIONS_URL: `${issuer.url}/internal/revocations`,
        CORS_ORIGINS: 'loopback',
        RATE_LIMIT_PER_MINUTE: '0',
        ...environment,
      }),
    )
    await application.app.ready()
    return new TestService(issuer, application, database)
  }

  get app(): FastifyInstance {
    return this.application.app
  }

  async ready(): Promise<void> {
    await until(() => this.application.readiness.waitingFor().length === 0, 'readiness')
  }

  /** Reads are answered from the cache, not only from MongoDB. */
  async cacheOn(): Promise<void> {
    const token = await this.issuer.token({ sub: hexId() })
    await until(
      async () => (await this.as(token)('GET', '/tasks/')).headers['cache-status'] === 'task-lists; hit',
      'a cache hit',
    )
  }

  /** Calls in the name of a token's user. */
  as(token: string) {
    return (
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      url: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const options: InjectOptions = {
        method,
        url,
        headers: { authorization: `Bearer ${token}`, ...headers },
      }
      if (typeof body === 'string') options.payload = body
      else if (body !== undefined) options.payload = body as object
      if (typeof body === 'string' && !headers['content-type'])
        options.headers = { ...options.headers, 'content-type': 'application/json' }
      return this.app.inject(options)
    }
  }

  async close(): Promise<void> {
    await this.app.close()
    await this.issuer.close()
    const client = new MongoClient(requireEnv('MONGODB_URI'))
    await client.db(this.#database).dropDatabase()
    await client.close()
  }
}
