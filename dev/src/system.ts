import { join } from 'node:path'
import { CACHE_DIR, ROOT } from './checkout.ts'
import { type Instance, startInstance } from './instance.ts'
import { findNginx, prepareNginx } from './nginx.ts'
import { freePorts, HOST } from './ports.ts'
import type { Secrets } from './secrets.ts'
import type { ChildSpec, Supervisor } from './supervisor.ts'

/** More than all services together let in, so that they are the ones to refuse. */
const GATEWAY_MAX_IN_FLIGHT = '4096'

export type GatewayKind = 'fastify' | 'nginx'

export interface SystemPorts {
  gateway: number
  auth: number
  authInternal: number
  /** One for each task-service instance */
  tasks: readonly number[]
  tasksInternal: readonly number[]
}

/** The whole of AuthDB, running. */
export interface System {
  /** What clients use: the gateway */
  readonly baseUrl: string
  readonly auth: Instance
  readonly tasks: readonly Instance[]
  readonly gateway: Instance
  /** One line: which gateway is in use */
  readonly describeGateway: string
  /** Gateway first, then the services */
  stop(): Promise<void>
}

export interface SystemOptions {
  supervisor: Supervisor
  stores: { mongodbUri: string; redisUrl: string }
  secrets: Secrets
  ports: SystemPorts
  gateway?: GatewayKind
  /** Environment of every service; `authEnv` and `taskEnv` have the last word */
  env?: NodeJS.ProcessEnv
  authEnv?: NodeJS.ProcessEnv
  /** @param index from 0 */
  taskEnv?: (index: number) => NodeJS.ProcessEnv
  say?: (line: string) => void
}

/** Two free ports for each instance and one for the gateway. */
export async function freeSystemPorts(tasks: number): Promise<SystemPorts> {
  const [gateway = 0, auth = 0, authInternal = 0, ...rest] = await freePorts(3 + 2 * tasks)
  return { gateway, auth, authInternal, tasks: rest.slice(0, tasks), tasksInternal: rest.slice(tasks) }
}

const origin = (port: number) => `http://${HOST}:${port}`

/** What the local platform decides for a service; everything else is its own default. */
function serviceEnvironment(
  { env = process.env, stores }: SystemOptions,
  port: number,
  internalPort: number,
): NodeJS.ProcessEnv {
  return {
    CORS_ORIGINS: 'loopback',
    // Nobody but the gateway of this machine is to be told about a drain.
    DRAIN_DELAY_MS: '200',
    // A service that was compiled before starts in half the time.
    NODE_COMPILE_CACHE: join(CACHE_DIR, 'compile'),
    ...env,
    HOST,
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
    MONGODB_URI: stores.mongodbUri,
    REDIS_URL: stores.redisUrl,
  }
}

function serviceSpec(
  service: 'auth-service' | 'task-service',
  name: string,
  env: NodeJS.ProcessEnv,
): ChildSpec {
  const named = { INSTANCE_NAME: name, ...env }
  return { name, command: process.execPath, args: ['src/server.ts'], cwd: join(ROOT, service), env: named }
}

function startAuth(options: SystemOptions): Promise<Instance> {
  const { ports, secrets, supervisor } = options
  const spec = serviceSpec('auth-service', 'auth', {
    ...serviceEnvironment(options, ports.auth, ports.authInternal),
    SIGNING_KEYS_FILE: secrets.signingKeysFile,
    REFRESH_TOKEN_SECRET: secrets.refreshTokenSecret,
    TASK_SERVICE_INTERNAL_URL: origin(ports.tasksInternal[0] ?? 0),
    ...options.authEnv,
  })
  return startInstance({ spec, url: origin(ports.auth), internalUrl: origin(ports.authInternal), supervisor })
}

function startTask(options: SystemOptions, index: number): Promise<Instance> {
  const { ports, supervisor } = options
  const [port = 0, internalPort = 0] = [ports.tasks[index], ports.tasksInternal[index]]
  const spec = serviceSpec('task-service', `task-${index + 1}`, {
    ...serviceEnvironment(options, port, internalPort),
    JWKS_URL: `${origin(ports.auth)}/.well-known/jwks.json`,
    REVOCATIONS_URL: `${origin(ports.authInternal)}/internal/revocations`,
    ...options.taskEnv?.(index),
  })
  return startInstance({ spec, url: origin(port), internalUrl: origin(internalPort), supervisor })
}

async function startGateway(options: SystemOptions): Promise<{ gateway: Instance; describe: string }> {
  const { ports, supervisor, env = process.env, say = () => {} } = options
  const corsOrigins = env.CORS_ORIGINS ?? 'loopback'
  const [authUpstreams, taskUpstreams] = [[origin(ports.auth)], ports.tasks.map(origin)]
  const url = origin(ports.gateway)
  if (options.gateway === 'nginx') {
    const nginx = await findNginx({ env, cacheDir: CACHE_DIR, say })
    const settings = {
      host: HOST,
      port: ports.gateway,
      authUpstreams,
      taskUpstreams,
      corsOrigins: corsOrigins.split(',').filter(Boolean),
    }
    const spec = await prepareNginx(nginx.command, settings, join(CACHE_DIR, 'nginx', String(ports.gateway)))
    return { gateway: await startInstance({ spec, url, supervisor }), describe: nginx.describe }
  }
  const spec: ChildSpec = {
    name: 'gateway',
    command: process.execPath,
    args: ['src/server.ts'],
    cwd: join(ROOT, 'gateway'),
    env: {
      ...env,
      HOST,
      PORT: String(ports.gateway),
      AUTH_UPSTREAMS: authUpstreams.join(','),
      TASK_UPSTREAMS: taskUpstreams.join(','),
      CORS_ORIGINS: corsOrigins,
      // This gateway is the outermost: only the services have a proxy to trust.
      TRUST_PROXY: '',
      MAX_IN_FLIGHT: GATEWAY_MAX_IN_FLIGHT,
    },
  }
  return {
    gateway: await startInstance({ spec, url, supervisor }),
    describe: '@fastify/http-proxy (gateway/)',
  }
}

/** Starts auth-service, the task-service instances and the gateway together; resolves when all are ready. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const [auth, { gateway, describe }, ...tasks] = await Promise.all([
    startAuth(options),
    startGateway(options),
    ...options.ports.tasks.map((_port, index) => startTask(options, index)),
  ])
  return {
    baseUrl: gateway.url,
    auth,
    tasks,
    gateway,
    describeGateway: describe,
    async stop() {
      await gateway.stop()
      await Promise.all([auth, ...tasks].map((instance) => instance.stop()))
    },
  }
}
