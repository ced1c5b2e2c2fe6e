import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { cacheControl, pageHeaders } from './page-headers.ts'
import type { Balancing } from './upstreams.ts'

const TEMPLATE = fileURLToPath(new URL('../nginx.conf', import.meta.url))
const LOOPBACK_ORIGIN = String.raw`"~^https?://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$" $http_origin;`

/** The answers nginx makes itself, in the services' envelope; codes and sentences are those of the Fastify gateway. */
const PROBLEMS: readonly [status: number, title: string, code: string, detail: string][] = [
  [400, 'Bad Request', 'bad_request', 'The request cannot be read.'],
  [404, 'Not Found', 'not_found', 'Not Found'],
  [405, 'Method Not Allowed', 'bad_request', 'The request cannot be read.'],
  [413, 'Payload Too Large', 'body_too_large', 'The request body is larger than 64 KiB.'],
  [414, 'URI Too Long', 'bad_request', 'The address is too long.'],
  [429, 'Too Many Requests', 'rate_limited', 'Too many requests. Please try again.'],
  [500, 'Internal Server Error', 'internal_error', 'Something went wrong on our side. Please try again.'],
  [502, 'Bad Gateway', 'bad_gateway', 'The service cannot be reached at the moment. Please try again.'],
  [503, 'Service Unavailable', 'overloaded', 'The service is busy at the moment. Please try again.'],
  [504, 'Gateway Timeout', 'gateway_timeout', 'The service took too long to answer. Please try again.'],
]
const WORTH_REPEATING = new Set([429, 502, 503, 504])

export interface NginxSettings {
  host: string
  port: number
  /** Origins (`http://host:port`) of the instances */
  authUpstreams: readonly string[]
  taskUpstreams: readonly string[]
  /** Exact origins, or the word `loopback` */
  corsOrigins: readonly string[]
  /** How a task-service instance is chosen; least connections when left out */
  balancing?: Balancing
  /** The built page, and which origins beside its own it may ask */
  page?: { directory: string; connectTo: readonly string[] }
}

/** A request that cannot be read has no path, which a named location would need. */
const UNREADABLE = new Set([400, 414])

function problemLocation([status, title, code, detail]: (typeof PROBLEMS)[number]): string {
  const body = `{"type":"about:blank","title":"${title}","status":${status},"code":"${code}","detail":"${detail}","request_id":"$safe_request_id"}`
  const target = UNREADABLE.has(status) ? `/problem-${status}` : `@problem${status}`
  const location = UNREADABLE.has(status) ? `= ${target} {\n      internal;` : `${target} {`
  const retry = WORTH_REPEATING.has(status) ? '      set $retry_after 1;\n' : ''
  return `    error_page ${status} = ${target};
    location ${location}
      default_type application/problem+json;
      set $made_here 1;
      if ($granted_preflight) {
        return 204;
      }
${retry}      return ${status} '${body}';
    }`
}

function originLine(origin: string): string {
  if (origin === 'loopback') return `    ${LOOPBACK_ORIGIN}`
  if (!URL.canParse(origin) || new URL(origin).origin !== origin)
    throw new Error(`CORS_ORIGINS: "${origin}" is no origin.`)
  return `    "${origin}" $http_origin;`
}

function servers(origins: readonly string[]): string {
  return origins.map((origin) => `    server ${new URL(origin).host} max_fails=0;`).join('\n')
}

function addHeaders(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `      add_header ${name} "${value}";`)
    .join('\n')
}

/** The page at `/` and what it loads; a file that is not there is an unknown path like any other. */
function pageLocations({ directory, connectTo }: NonNullable<NginxSettings['page']>): string {
  const headers = pageHeaders(connectTo)
  const location = (match: string, path: string, file: string) => `    location ${match} {
      root "${directory}";
      charset utf-8;
      types {
        text/html html;
        text/css css;
        text/javascript js;
        image/svg+xml svg;
        application/json json;
      }
      try_files ${file} =404;
${addHeaders({ ...headers, 'cache-control': cacheControl(path) })}
    }`
  return [location('= /', '/index.html', '/index.html'), location('/assets/', '/assets/x', '$uri')].join('\n')
}

/** Fills in `gateway/nginx.conf`. @param directory for nginx's own files */
export async function renderNginx(settings: NginxSettings, directory: string): Promise<string> {
  const values: Record<string, string> = {
    directory,
    // Only root may choose whom the workers run as, and has to: else they could not enter the checkout.
    user: process.getuid?.() === 0 ? 'user root;' : '',
    host: settings.host,
    port: String(settings.port),
    origins: settings.corsOrigins.map(originLine).join('\n'),
    auth_servers: servers(settings.authUpstreams),
    task_servers: servers(settings.taskUpstreams),
    task_balancing: settings.balancing === 'round-robin' ? '' : '    least_conn;\n',
    page: settings.page ? `${pageLocations(settings.page)}\n` : '',
    problems: PROBLEMS.map(problemLocation).join('\n'),
  }
  const template = await readFile(TEMPLATE, 'utf8')
  return template.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`gateway/nginx.conf names an unknown value "${name}".`)
    return value
  })
}
