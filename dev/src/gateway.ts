import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadCorsOrigins } from '../../gateway/src/config.ts'
import type { Balancing } from '../../gateway/src/upstreams.ts'
import { CACHE_DIR, ROOT } from './checkout.ts'
import { type Instance, startInstance } from './instance.ts'
import { findNginx, prepareNginx, reloadNginx } from './nginx.ts'
import { HOST } from './ports.ts'
import type { ChildSpec, Supervisor } from './supervisor.ts'

/** More than all services accept together, so that a service refuses first. */
const MAX_IN_FLIGHT = '4096'
/** Where `npm run build` of web/ puts the page */
const PAGE = join(ROOT, 'web', 'dist')

export type GatewayKind = 'fastify' | 'nginx'
export type { Balancing }

/** Where the gateway sends requests. */
export interface Targets {
  /** Origins */
  authUpstreams: readonly string[]
  taskUpstreams: readonly string[]
  balancing: Balancing
}

export interface Gateway {
  readonly instance: Instance
  /** One line: which gateway is in use */
  readonly describe: string
  /** Switches to other targets; requests in flight end where they began. */
  aim(targets: Targets): Promise<void>
}

export interface GatewayOptions {
  supervisor: Supervisor
  ports: { gateway: number }
  gateway?: GatewayKind
  env?: NodeJS.ProcessEnv
  pageConnectTo?: readonly string[]
  say?: (line: string) => void
}

/** Starts the gateway of @fastify/http-proxy, or nginx; resolves when it accepts connections. */
export function startGateway(options: GatewayOptions, targets: Targets): Promise<Gateway> {
  return options.gateway === 'nginx' ? startNginx(options, targets) : startFastify(options, targets)
}

async function startFastify(options: GatewayOptions, targets: Targets): Promise<Gateway> {
  const { ports, supervisor, env = process.env, pageConnectTo = [] } = options
  const targetsFile = join(await supervisor.temporaryDirectory(), `targets-${ports.gateway}.json`)
  const spec: ChildSpec = {
    name: 'gateway',
    command: process.execPath,
    args: ['src/server.ts'],
    cwd: join(ROOT, 'gateway'),
    env: {
      CORS_ORIGINS: 'loopback',
      ...env,
      HOST,
      PORT: String(ports.gateway),
      AUTH_UPSTREAMS: targets.authUpstreams.join(','),
      TASK_UPSTREAMS: targets.taskUpstreams.join(','),
      BALANCING: targets.balancing,
      TARGETS_FILE: targetsFile,
      PAGE_DIRECTORY: existsSync(PAGE) ? PAGE : '',
      PAGE_CONNECT_TO: pageConnectTo.join(','),
      // This gateway is the outermost: only the services have a proxy to trust.
      TRUST_PROXY: '',
      MAX_IN_FLIGHT,
    },
  }
  const instance = await startInstance({ spec, url: `http://${HOST}:${ports.gateway}`, supervisor })
  return {
    instance,
    describe: '@fastify/http-proxy (gateway/)',
    async aim(next) {
      await writeFile(targetsFile, JSON.stringify(next))
      await instance.kill('SIGHUP')
    },
  }
}

async function startNginx(options: GatewayOptions, targets: Targets): Promise<Gateway> {
  const { ports, supervisor, env = process.env, pageConnectTo = [], say = () => {} } = options
  const nginx = await findNginx({ env, cacheDir: CACHE_DIR, say })
  const directory = join(await supervisor.temporaryDirectory(), `nginx-${ports.gateway}`)
  const settings = (aimed: Targets) => ({
    host: HOST,
    port: ports.gateway,
    corsOrigins: loadCorsOrigins({ CORS_ORIGINS: env.CORS_ORIGINS ?? 'loopback' }),
    ...aimed,
    ...(existsSync(PAGE) && { page: { directory: PAGE, connectTo: pageConnectTo } }),
  })
  const spec = await prepareNginx(nginx.command, settings(targets), directory)
  const instance = await startInstance({ spec, url: `http://${HOST}:${ports.gateway}`, supervisor })
  return {
    instance,
    describe: nginx.describe,
    async aim(next) {
      await prepareNginx(nginx.command, settings(next), directory)
      await reloadNginx(directory)
    },
  }
}
