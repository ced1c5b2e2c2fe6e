import { Type } from 'typebox'
import { host, type Kind, origins, proxies, readSettings, setting } from './platform/settings.ts'
import type { Balancing } from './upstreams.ts'

const MINUTE_MS = 60_000

/** Every setting of the gateway. */
export interface GatewayConfig {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  /** Origins (`http://host:port`) of the instances */
  readonly authUpstreams: readonly string[]
  readonly taskUpstreams: readonly string[]
  /** How a task-service instance is chosen */
  readonly balancing: Balancing
  /** Whether a host name among the upstreams stands for one instance, or for one at each address it has */
  readonly discovery: 'none' | 'dns'
  /** Read again on SIGHUP: other upstreams, another balancing; empty = none */
  readonly targetsFile: string
  /** The built page; empty = there is none */
  readonly pageDirectory: string
  /** Origins beside its own that the page may ask */
  readonly pageConnectTo: readonly string[]
  /** How often the requests in flight at each instance are logged; 0 = never */
  readonly reportInFlightMs: number
  /** Exact origins, or the word `loopback` for every loopback origin */
  readonly corsOrigins: readonly string[]
  /** Proxies whose `X-Forwarded-*` headers count; nobody's by default */
  readonly trustProxy: readonly string[]
  /** Requests being served before 503 */
  readonly maxInFlight: number
  /** Until the headers of an answer */
  readonly upstreamTimeoutMs: number
  /** Until open requests are cut after SIGTERM; event streams never end by themselves */
  readonly shutdownTimeoutMs: number
}

/** Where requests are sent: origins, at least one. */
const upstreams: Kind<readonly string[]> = {
  read: (text) => {
    const entries = origins.read(text) ?? []
    return entries.length > 0 && !entries.includes('loopback') ? entries : undefined
  },
  expects: 'must list origins such as http://127.0.0.1:8001, separated by commas',
}

export const Environment = Type.Object({
  HOST: setting(host, { default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: 'Port' }),
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    default: 'info',
    description: 'pino log level',
  }),
  AUTH_UPSTREAMS: setting(upstreams, { description: 'Instances of auth-service' }),
  TASK_UPSTREAMS: setting(upstreams, { description: 'Instances of task-service' }),
  CORS_ORIGINS: setting(origins, { default: '', description: 'Origins of browser clients, or `loopback`' }),
  TRUST_PROXY: setting(proxies, {
    default: '',
    description: 'Proxies whose X-Forwarded-* headers count; none by default',
  }),
  BALANCING: Type.Enum(['least-connections', 'round-robin'], {
    default: 'least-connections',
    description: 'How a task-service instance is chosen',
  }),
  DISCOVERY: Type.Enum(['none', 'dns'], {
    default: 'none',
    description: 'dns: a host name among the upstreams stands for an instance at each address it has',
  }),
  TARGETS_FILE: Type.String({
    default: '',
    description: 'Read again on SIGHUP: other upstreams, another balancing',
  }),
  PAGE_DIRECTORY: Type.String({ default: '', description: 'The built page' }),
  PAGE_CONNECT_TO: setting(origins, {
    default: '',
    description: 'Origins beside its own that the page may ask',
  }),
  REPORT_IN_FLIGHT_MS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: MINUTE_MS,
    description: 'How often the requests in flight at each instance are logged; 0 = never (ms)',
  }),
  MAX_IN_FLIGHT: Type.Integer({
    default: 1024,
    minimum: 0,
    maximum: 65_535,
    description: 'Requests being served before 503',
  }),
  UPSTREAM_TIMEOUT_MS: Type.Integer({
    default: 15_000,
    minimum: 0,
    maximum: MINUTE_MS,
    description: 'Until the headers of an answer (ms)',
  }),
  SHUTDOWN_TIMEOUT_MS: Type.Integer({
    default: 2_000,
    minimum: 0,
    maximum: 5 * MINUTE_MS,
    description: 'After SIGTERM: limit for open requests (ms)',
  }),
})

/**
 * The environment as one frozen object.
 * @throws SettingsInvalid naming every missing or malformed variable at once, without values
 */
export function loadConfig(environment: NodeJS.ProcessEnv): GatewayConfig {
  const settings = readSettings(Environment, environment)
  return Object.freeze({
    host: settings.HOST,
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL,
    authUpstreams: settings.AUTH_UPSTREAMS,
    taskUpstreams: settings.TASK_UPSTREAMS,
    balancing: settings.BALANCING,
    discovery: settings.DISCOVERY,
    targetsFile: settings.TARGETS_FILE,
    pageDirectory: settings.PAGE_DIRECTORY,
    pageConnectTo: settings.PAGE_CONNECT_TO,
    reportInFlightMs: settings.REPORT_IN_FLIGHT_MS,
    corsOrigins: settings.CORS_ORIGINS,
    trustProxy: settings.TRUST_PROXY,
    maxInFlight: settings.MAX_IN_FLIGHT,
    upstreamTimeoutMs: settings.UPSTREAM_TIMEOUT_MS,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT_MS,
  })
}

/** CORS_ORIGINS alone, for nginx. @throws SettingsInvalid */
export function loadCorsOrigins(environment: NodeJS.ProcessEnv): readonly string[] {
  const { CORS_ORIGINS } = Environment.properties
  return readSettings(Type.Object({ CORS_ORIGINS }), environment).CORS_ORIGINS
}
