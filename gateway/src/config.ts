import type { Balancing } from './upstreams.ts'

const MINUTE_MS = 60_000

/** Everything the gateway is told from outside. */
export interface GatewayConfig {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  /** Origins (`http://host:port`) of the instances */
  readonly authUpstreams: readonly string[]
  readonly taskUpstreams: readonly string[]
  /** How a task-service instance is chosen */
  readonly balancing: Balancing
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
}

function list(setting = ''): string[] {
  return setting
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

/**
 * Reads `HOST`, `PORT`, `LOG_LEVEL`, `AUTH_UPSTREAMS`, `TASK_UPSTREAMS`, `CORS_ORIGINS`, `TRUST_PROXY`, `MAX_IN_FLIGHT`,
 * `UPSTREAM_TIMEOUT_MS`, `BALANCING`, `TARGETS_FILE`, `PAGE_DIRECTORY`, `PAGE_CONNECT_TO` and `REPORT_IN_FLIGHT_MS`.
 * @throws Error naming every bad variable at once
 */
export function loadConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const problems: string[] = []

  function integer(name: string, fallback: number, max: number): number {
    const value = env[name] === undefined ? fallback : Number(env[name])
    if (!Number.isInteger(value) || value < 0 || value > max)
      problems.push(`${name} must be an integer from 0 to ${max}`)
    return value
  }

  function upstreams(name: string): string[] {
    const urls = list(env[name])
    const valid = urls.length > 0 && urls.every((url) => URL.canParse(url) && new URL(url).origin === url)
    if (!valid) problems.push(`${name} must list origins such as http://127.0.0.1:8001, separated by commas`)
    return urls
  }

  function balancing(): Balancing {
    const how = env.BALANCING || 'least-connections'
    if (how !== 'least-connections' && how !== 'round-robin')
      problems.push('BALANCING must be least-connections or round-robin')
    return how as Balancing
  }

  const config: GatewayConfig = {
    host: env.HOST ?? '127.0.0.1',
    port: integer('PORT', 8080, 65_535),
    logLevel: env.LOG_LEVEL ?? 'info',
    authUpstreams: upstreams('AUTH_UPSTREAMS'),
    taskUpstreams: upstreams('TASK_UPSTREAMS'),
    balancing: balancing(),
    targetsFile: env.TARGETS_FILE ?? '',
    pageDirectory: env.PAGE_DIRECTORY ?? '',
    pageConnectTo: list(env.PAGE_CONNECT_TO),
    reportInFlightMs: integer('REPORT_IN_FLIGHT_MS', 0, MINUTE_MS),
    corsOrigins: list(env.CORS_ORIGINS),
    trustProxy: list(env.TRUST_PROXY),
    maxInFlight: integer('MAX_IN_FLIGHT', 1024, 65_535),
    upstreamTimeoutMs: integer('UPSTREAM_TIMEOUT_MS', 15_000, MINUTE_MS),
  }
  if (problems.length > 0) throw new Error(problems.join('; '))
  return Object.freeze(config)
}
