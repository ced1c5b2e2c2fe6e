import { type Static, Type } from 'typebox'
import { mongodbUri } from './platform/mongo.ts'
import {
  databaseName,
  host,
  httpUrl,
  instanceName,
  origins,
  proxies,
  readSettings,
  redisUrl,
  setting,
} from './platform/settings.ts'

const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 0, maximum: 300_000, description: `${description} (ms)` })
const port = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 0, maximum: 65_535, description })

const Database = Type.Object({
  MONGODB_URI: setting(mongodbUri, {
    default: 'mongodb://127.0.0.1:27017',
    description: 'Connection string',
  }),
  MONGODB_DATABASE: setting(databaseName, { default: 'tasks', description: 'Database of this service' }),
  MONGODB_POOL_SIZE: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 500,
    description: 'Connections at most',
  }),
})

export const Environment = Type.Object({
  HOST: setting(host, { default: '127.0.0.1', description: 'Address both ports listen on' }),
  PORT: port(8002, 'Public port'),
  INTERNAL_PORT: port(9102, 'Port of /livez, /readyz, /metrics and /internal; never routed to clients'),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'pino log level',
  }),
  INSTANCE_NAME: setting(instanceName, {
    default: '',
    description: 'Said by every answer in `X-Served-By`; empty = not said',
  }),
  SERVER_TIMING: Type.Boolean({
    default: false,
    description: 'Say in `Server-Timing` where the time went, to callers who are signed in; and in the log',
  }),
  ...Database.properties,
  REDIS_URL: setting(redisUrl, {
    default: 'redis://127.0.0.1:6379',
    description: 'Connection string',
  }),
  JWKS_URL: setting(httpUrl, {
    default: 'http://127.0.0.1:8001/.well-known/jwks.json',
    description: 'Public keys of auth-service',
  }),
  REVOCATIONS_URL: setting(httpUrl, {
    default: 'http://127.0.0.1:9101/internal/revocations',
    description: 'Ended sessions, on the internal port of auth-service',
  }),
  TOKEN_ISSUER: Type.String({
    default: 'authdb',
    minLength: 1,
    description: 'Required `iss` of access tokens',
  }),
  TOKEN_AUDIENCE: Type.String({
    default: 'authdb',
    minLength: 1,
    description: 'Required `aud` of access tokens',
  }),
  CORS_ORIGINS: setting(origins, {
    default: '',
    description: 'Comma-separated origins of browser clients; `loopback` allows every loopback origin',
  }),
  TRUST_PROXY: setting(proxies, {
    default: 'loopback',
    description:
      'Comma-separated addresses, CIDRs, `loopback`, `uniquelocal`: proxies whose X-Forwarded-For counts',
  }),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    default: 200,
    minimum: 0,
    description: 'Calls a minute from one address to one instance; 0 = off',
  }),
  MAX_IN_FLIGHT: Type.Integer({
    default: 256,
    minimum: 0,
    description: 'Requests in flight before 503; 0 = off',
  }),
  MAX_EVENT_STREAMS: Type.Integer({
    default: 1_000,
    minimum: 0,
    description: 'Event streams of one instance at most; they are not in flight',
  }),
  MAX_TASKS_PER_OWNER: Type.Integer({
    default: 10_000,
    minimum: 1,
    description: 'Tasks of one person at most, those deleted lately included',
  }),
  DELETED_TASKS_DAYS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3_650,
    description: 'How long a deleted task can be restored (days)',
  }),
  CACHE_WRITE_THROUGH: Type.Boolean({
    default: false,
    description: 'Put the new list into the cache with the write, rather than leave it to the next reader',
  }),
  DRAIN_DELAY_MS: milliseconds(2_000, 'After SIGTERM: unready but still serving'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000, 'After draining: limit for open requests'),
})

export type Config = Readonly<Static<typeof Environment>>
export type DatabaseConfig = Readonly<Static<typeof Database>>

/**
 * The environment as one typed, frozen object.
 * @throws SettingsInvalid naming every missing or malformed variable at once
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return readSettings(Environment, environment)
}

/** The part of it that a command needs which only talks to the database. @throws SettingsInvalid */
export function loadDatabaseConfig(environment: NodeJS.ProcessEnv): DatabaseConfig {
  return readSettings(Database, environment)
}
