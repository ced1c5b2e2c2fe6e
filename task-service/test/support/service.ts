import type { FastifyInstance, InjectOptions } from 'fastify'
import { type Application, buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { hexId, Issuer } from './issuer.ts'
import { dropDatabase, mongodbUri, newDatabaseName, redisUrl } from './stores.ts'
import { until } from './until.ts'

/** The whole service on a database of its own, with a real MongoDB and Redis. */
export class TestService {
  readonly issuer: Issuer
  readonly application: Application
  readonly database: string
  readonly #others: TestService[] = []

  private constructor(issuer: Issuer, application: Application, database: string) {
    this.issuer = issuer
    this.application = application
    this.database = database
  }

  static async start(settings: NodeJS.ProcessEnv = {}): Promise<TestService> {
    return TestService.#start(await Issuer.start(), newDatabaseName(), settings)
  }

  static async #start(issuer: Issuer, database: string, settings: NodeJS.ProcessEnv): Promise<TestService> {
    const application = await buildApp(loadConfig({ ...environment(issuer, database), ...settings }))
    await application.app.ready()
    return new TestService(issuer, application, database)
  }

  /** One more instance beside this one, with clients of its own; closed with it. */
  async another(settings: NodeJS.ProcessEnv = {}): Promise<TestService> {
    const other = await TestService.#start(this.issuer, this.database, settings)
    this.#others.push(other)
    return other
  }

  get app(): FastifyInstance {
    return this.application.app
  }

  async ready(): Promise<void> {
    await until('the service is ready', () => this.application.readiness.waitingFor().length === 0)
  }

  /** Reads are answered from the cache, not only from MongoDB. */
  async cacheOn(): Promise<void> {
    const { call } = await this.someone()
    await until('there is a cache hit', async () => {
      return (await call('GET', '/tasks/')).headers['cache-status'] === 'task-lists; hit'
    })
  }

  /** A user nobody has seen before. */
  async someone(claims: object = {}) {
    const id = hexId()
    const token = await this.issuer.token({ sub: id, ...claims })
    return { id, token, call: this.as(token) }
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
    for (const other of this.#others) await other.app.close()
    await this.app.close()
    await this.issuer.close()
    await dropDatabase(this.database)
  }
}

/** Settings of an instance that trusts this issuer; no limits, so that tests set those they are about. */
export function environment(issuer: Issuer, database: string): Record<string, string> {
  return {
    LOG_LEVEL: 'silent',
    MONGODB_URI: mongodbUri,
    REDIS_URL: redisUrl,
    MONGODB_DATABASE: database,
    JWKS_URL: `${issuer.url}/.well-known/jwks.json`,
    REVOCATIONS_URL: `${issuer.url}/internal/revocations`,
    CORS_ORIGINS: 'loopback',
    RATE_LIMIT_PER_MINUTE: '0',
  }
}
