import { readFile } from 'node:fs/promises'
import { STATUS_CODES } from 'node:http'
import { fileURLToPath } from 'node:url'
import {
  AUTH_PATHS,
  BAD_REQUEST,
  BODY_TOO_LARGE,
  CODING_UNKNOWN,
  HEADERS_TOO_LARGE,
  INTERNAL_ERROR,
  KEYED_PATHS,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  OVERLOADED,
  PREFIXES,
  type Problem,
  RATE_LIMITED,
  REPEATABLE_STATUSES,
  STREAM_PATH,
  STREAM_SILENCE_SECONDS,
  TASK_PATHS,
  TIMED_OUT,
  TOO_SLOW,
  UNREACHABLE,
  UPSTREAM_IDLE_MS,
  VERSION_UNSUPPORTED,
} from './contract.ts'
import { cacheControl, pageHeaders } from './page-headers.ts'
import {
  ALLOWED_HEADERS,
  ALLOWED_METHODS,
  EXPOSED_HEADERS,
  LOOPBACK_ORIGIN,
  PREFLIGHT_SECONDS,
} from './platform/cors.ts'
import type { Balancing } from './upstreams.ts'

const TEMPLATE = fileURLToPath(new URL('../nginx.conf', import.meta.url))

/** The answers nginx makes itself, by the status that it makes them for: 494 is its own for headers that are too large. */
const PROBLEMS: readonly [for_: number, problem: Problem][] = [
  [400, BAD_REQUEST],
  [404, NOT_FOUND],
  [405, METHOD_NOT_ALLOWED],
  [408, TOO_SLOW],
  [413, BODY_TOO_LARGE],
  [414, HEADERS_TOO_LARGE],
  [429, RATE_LIMITED],
  [494, HEADERS_TOO_LARGE],
  [500, INTERNAL_ERROR],
  [501, CODING_UNKNOWN],
  [502, UNREACHABLE],
  [503, OVERLOADED],
  [504, TIMED_OUT],
  [505, VERSION_UNSUPPORTED],
]

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
const UNREADABLE = new Set([400, 408, 414, 494, 501, 505])

function problemLocation([for_, { status, code, detail }]: (typeof PROBLEMS)[number]): string {
  const title = STATUS_CODES[status]
  const body = `{"type":"about:blank","title":"${title}","status":${status},"code":"${code}","detail":"${detail}","request_id":"$safe_request_id"}`
  const target = UNREADABLE.has(for_) ? `/problem-${for_}` : `@problem${for_}`
  const location = UNREADABLE.has(for_) ? `= ${target} {\n      internal;` : `${target} {`
  const retry = REPEATABLE_STATUSES.has(status) ? '      set $retry_after 1;\n' : ''
  return `    error_page ${for_} = ${target};
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
  if (origin === 'loopback') return `    "~${LOOPBACK_ORIGIN.source.replaceAll('\\/', '/')}" $http_origin;`
  return `    "${origin}" $http_origin;`
}

function servers(origins: readonly string[]): string {
  return origins.map((origin) => `    server ${new URL(origin).host} max_fails=0;`).join('\n')
}

/** A regular expression of these paths, under every prefix: with all below them, or alone. */
function pathPattern(paths: readonly string[], end: '(/|$)' | '/?$' = '(/|$)'): string {
  const literal = (text: string) => text.replaceAll('.', '\\.')
  return `^(${PREFIXES.map(literal).join('|')})(${paths.map(literal).join('|')})${end}`
}

/** In quotes, as nginx reads them; paths of a checkout can hold anything. */
function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&')
}

/** A variable of gateway/nginx.conf: where variables are read, a dollar cannot stand for itself. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: nginx reads it, not JavaScript.
const DOLLAR = '${dollar}'

function addHeaders(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => `      add_header ${name} "${value}";`)
    .join('\n')
}

/** The page at `/` and what it loads; a file that is not there is an unknown path like any other. */
function pageLocations({ directory, connectTo }: NonNullable<NginxSettings['page']>): string {
  const headers = pageHeaders(connectTo)
  const location = (match: string, path: string, file: string) => `    location ${match} {
      root "${quoted(directory).replaceAll('$', DOLLAR)}";
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
    directory: quoted(directory),
    // Only root may choose whom the workers run as, and has to: else they could not enter the checkout.
    user: process.getuid?.() === 0 ? 'user root;' : '',
    host: settings.host,
    port: String(settings.port),
    origins: settings.corsOrigins.map(originLine).join('\n'),
    auth_servers: servers(settings.authUpstreams),
    task_servers: servers(settings.taskUpstreams),
    auth_paths: pathPattern(AUTH_PATHS),
    task_paths: pathPattern(TASK_PATHS),
    keyed_paths: pathPattern(KEYED_PATHS, '/?$'),
    stream_path: pathPattern([STREAM_PATH]),
    stream_silence: String(STREAM_SILENCE_SECONDS),
    idle: String(UPSTREAM_IDLE_MS),
    exposed_headers: EXPOSED_HEADERS.join(', '),
    allowed_methods: ALLOWED_METHODS.join(', '),
    allowed_headers: ALLOWED_HEADERS.join(', '),
    preflight_seconds: String(PREFLIGHT_SECONDS),
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
