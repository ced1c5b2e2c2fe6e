import { type Static, Type } from 'typebox'
import { checkedEmail } from './email.ts'
import { Mail, problemsOfMail } from './mail-settings.ts'
import { mongodbUri } from './platform/mongo.ts'
import {
  databaseName,
  host,
  httpUrl,
  instanceName,
  type Kind,
  origins,
  proxies,
  readSettings,
  redisUrl,
  SettingsInvalid,
  setting,
} from './platform/settings.ts'

const port = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 0, maximum: 65_535, description })
const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 0, maximum: 300_000, description: `${description} (ms)` })
const seconds = (fallback: number, maximum: number, description: string, minimum = 0) =>
  Type.Integer({ default: fallback, minimum, maximum, description: `${description} (s)` })

const email: Kind<string> = { read: checkedEmail, expects: 'must be an e-mail address' }

const PASSWORD_NEEDED = 'ADMIN_PASSWORD is not set, and ADMIN_EMAIL needs it'
const DAY = 86_400
/** The longest life that an access token can be given. */
export const MAX_ACCESS_TOKEN_SECONDS = DAY

const Database = Type.Object({
  MONGODB_URI: setting(mongodbUri, {
    default: 'mongodb://127.0.0.1:27017',
    description: 'Connection string',
  }),
  MONGODB_DATABASE: setting(databaseName, { default: 'auth', description: 'Own database' }),
  MONGODB_POOL_SIZE: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 500,
    description: 'Connections at most',
  }),
})

const Audit = Type.Object({
  AUDIT_RETENTION_DAYS: Type.Integer({
    default: 365,
    minimum: 1,
    maximum: 3_650,
    description: 'The record of authentications and administration is kept for (days)',
  }),
})

/** What commands read that change accounts beside the running service. */
const Command = Type.Object({ ...Database.properties, ...Mail.properties, ...Audit.properties })

export const Environment = Type.Object({
  ...Database.properties,
  HOST: setting(host, { default: '127.0.0.1', description: 'Address both ports listen on' }),
  PORT: port(8001, 'Public port'),
  INTERNAL_PORT: port(9101, 'Port of /livez, /readyz, /metrics, /internal; never routed to clients'),
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
  REDIS_URL: setting(redisUrl, {
    default: 'redis://127.0.0.1:6379',
    description: 'Connection string',
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
  DRAIN_DELAY_MS: milliseconds(2_000, 'After SIGTERM: unready but still serving'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(10_000, 'After draining: limit for open requests'),

  TOKEN_ISSUER: Type.String({ default: 'authdb', minLength: 1, description: '`iss` of tokens' }),
  TOKEN_AUDIENCE: Type.String({ default: 'authdb', minLength: 1, description: '`aud` of access tokens' }),
  ACCESS_TOKEN_SECONDS: seconds(1_800, MAX_ACCESS_TOKEN_SECONDS, 'Life of an access token', 1),
  SIGNING_KEYS_FILE: Type.String({
    minLength: 1,
    description:
      'Private JWKS (made by `npm run keys`) or one PEM EC P-256 private key; reloaded when it changes',
  }),
  KEY_PROPAGATION_SECONDS: seconds(
    900,
    DAY,
    'Age from which a key signs: JWKS caches have to know it by then',
  ),

  REFRESH_TOKEN_SECRET: Type.String({ minLength: 32, description: 'Key of the refresh tokens’ HMAC' }),
  REFRESH_TOKEN_SECRET_ACCEPTED: Type.Optional(
    Type.String({
      minLength: 32,
      description:
        'A second key whose refresh tokens are accepted, too, while REFRESH_TOKEN_SECRET is exchanged',
    }),
  ),
  SECOND_FACTOR_SECRET: Type.Optional(
    Type.String({
      minLength: 32,
      description:
        'Encrypts the secrets of authenticator apps in the database; without it nobody can set one up, and with another one nobody’s codes are right',
    }),
  ),
  REFRESH_IDLE_SECONDS: seconds(14 * DAY, 365 * DAY, 'Unused refresh tokens die after', 1),
  REFRESH_ABSOLUTE_SECONDS: seconds(90 * DAY, 365 * DAY, 'A log-in lasts at most', 1),
  REFRESH_REUSE_GRACE_SECONDS: seconds(10, 60, 'A rotated token still gets its successor for; 0 = never'),

  UV_THREADPOOL_SIZE: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1024,
      description: 'Threads of Node’s pool, which it makes 4 of itself; no more passwords are hashed at once',
    }),
  ),
  LOGIN_LIMIT_PER_MINUTE: Type.Integer({
    default: 15,
    minimum: 0,
    description: 'Log-ins a minute from one address over all instances; 0 = no limit on log-ins at all',
  }),
  PASSWORD_MIN_LENGTH: Type.Integer({
    default: 15,
    minimum: 8,
    maximum: 64,
    description: 'Characters of a new password at least (NIST SP 800-63B-4 §3.1.1.2)',
  }),
  ADMIN_EMAIL: Type.Optional(
    setting(email, {
      description:
        'While no ADMIN exists, an account with this address and ADMIN_PASSWORD is created as one at the start; afterwards ignored',
    }),
  ),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({ description: 'First password of the account of ADMIN_EMAIL; a secret' }),
  ),
  ...Mail.properties,
  MAIL_LIMIT_PER_HOUR: Type.Integer({
    default: 5,
    minimum: 0,
    description: 'Messages with a link that can be asked for one e-mail address in an hour; 0 = no limit',
  }),
  ...Audit.properties,
  TASK_SERVICE_INTERNAL_URL: Type.Optional(
    setting(httpUrl, {
      description: 'Internal port of task-service, where the tasks of deleted accounts are removed',
    }),
  ),
})

export type Config = Readonly<Static<typeof Environment>>
export type CommandConfig = Readonly<Static<typeof Command>>

/**
 * The environment as one typed, frozen object.
 * @throws SettingsInvalid naming every missing or malformed variable at once
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const config = readSettings(Environment, environment)
  // Whoever registered ADMIN_EMAIL first need not be its owner: the password makes the account theirs.
  const admin = config.ADMIN_EMAIL && !config.ADMIN_PASSWORD ? [PASSWORD_NEEDED] : []
  const wrong = [...admin, ...problemsOfMail(config)]
  if (wrong.length > 0) throw SettingsInvalid.because(wrong)
  return config
}

/** The part of it that a command needs beside the running service. @throws SettingsInvalid */
export function loadCommandConfig(environment: NodeJS.ProcessEnv): CommandConfig {
  const config = readSettings(Command, environment)
  const wrong = problemsOfMail(config)
  if (wrong.length > 0) throw SettingsInvalid.because(wrong)
  return config
}
