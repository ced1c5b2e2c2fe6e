import { join } from 'node:path'
import { CACHE_DIR, ROOT } from './checkout.ts'
import { type Balancing, type GatewayKind, startGateway } from './gateway.ts'
import { type Instance, startInstance } from './instance.ts'
import { freePorts, HOST } from './ports.ts'
import type { Secrets } from './secrets.ts'
import type { ChildSpec, Supervisor } from './supervisor.ts'

const ADMIN_EMAIL = 'admin@authdb.test'

export interface SystemPorts {
  gateway: number
  auth: number
  authInternal: number
  /** One for each task-service instance */
  tasks: readonly number[]
  tasksInternal: readonly number[]
}

/** Made by auth-service where there is no administrator yet. */
export interface Administrator {
  email: string
  password: string
}

/** The whole of AuthDB, running. */
export interface System {
  /** What clients use: the gateway */
  readonly baseUrl: string
  readonly administrator: Administrator
  readonly auth: Instance
  readonly tasks: readonly Instance[]
  readonly gateway: Instance
  /** One line: which gateway is in use */
  readonly describeGateway: string
  /** One more instance of task-service, on free ports; resolves when it is ready and gets requests. */
  addTask(): Promise<Instance>
  /** Ends the newest instance after the gateway has stopped using it. @throws Error when it is the last one */
  removeTask(): Promise<Instance>
  /** How the gateway chooses an instance from now on */
  balance(how: Balancing): Promise<void>
  /** Gateway first, then the services */
  stop(): Promise<void>
}

export interface SystemOptions {
  supervisor: Supervisor
  stores: { mongodbUri: string; redisUrl: string }
  secrets: Secrets
  ports: SystemPorts
  gateway?: GatewayKind
  /** Origins beside its own that the page may ask; the page is served where it has been built */
  pageConnectTo?: readonly string[]
  /** Environment of every service; `authEnv` and `taskEnv` have the last word */
  env?: NodeJS.ProcessEnv
  authEnv?: NodeJS.ProcessEnv
  /** @param index from 0 */
  taskEnv?: (index: number, ports: SystemPorts) => NodeJS.ProcessEnv
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
    // Only the gateway of this machine has to notice a drain, so the delay is short.
    DRAIN_DELAY_MS: '200',
    // The compile cache halves the time of a start.
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

function administratorOf({ env = process.env, authEnv, secrets }: SystemOptions): Administrator {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = { ...env, ...authEnv }
  return { email: email || ADMIN_EMAIL, password: password || secrets.adminPassword }
}

function startAuth(options: SystemOptions): Promise<Instance> {
  const { ports, secrets, supervisor } = options
  const { email, password } = administratorOf(options)
  const spec = serviceSpec('auth-service', 'auth', {
    PUBLIC_URL: origin(ports.gateway),
    ...serviceEnvironment(options, ports.auth, ports.authInternal),
    SIGNING_KEYS_FILE: secrets.signingKeysFile,
    REFRESH_TOKEN_SECRET: secrets.refreshTokenSecret,
    SECOND_FACTOR_SECRET: secrets.secondFactorSecret,
    TASK_SERVICE_INTERNAL_URL: origin(ports.tasksInternal[0] ?? 0),
    ...options.authEnv,
    ADMIN_EMAIL: email,
    ADMIN_PASSWORD: password,
  })
  return startInstance({ spec, url: origin(ports.auth), internalUrl: origin(ports.authInternal), supervisor })
}

function startTask(
  options: SystemOptions,
  index: number,
  port: number,
  internalPort: number,
): Promise<Instance> {
  const { ports, supervisor } = options
  const spec = serviceSpec('task-service', `task-${index + 1}`, {
    ...serviceEnvironment(options, port, internalPort),
    JWKS_URL: `${origin(ports.auth)}/.well-known/jwks.json`,
    REVOCATIONS_URL: `${origin(ports.authInternal)}/internal/revocations`,
    ...options.taskEnv?.(index, ports),
  })
  return startInstance({ spec, url: origin(port), internalUrl: origin(internalPort), supervisor })
}

/** Starts auth-service, the task-service instances and the gateway together; resolves when all are ready. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { ports } = options
  let balancing: Balancing = 'least-connections'
  const targets = (taskUpstreams: readonly string[]) => ({
    authUpstreams: [origin(ports.auth)],
    taskUpstreams,
    balancing,
  })
  const [auth, gateway, ...tasks] = await Promise.all([
    startAuth(options),
    startGateway(options, targets(ports.tasks.map(origin))),
    ...ports.tasks.map((port, index) => startTask(options, index, port, ports.tasksInternal[index] ?? 0)),
  ])
  const aim = () => gateway.aim(targets(tasks.map(({ url }) => url)))
  return {
    baseUrl: gateway.instance.url,
    administrator: administratorOf(options),
    auth,
    tasks,
    gateway: gateway.instance,
    describeGateway: gateway.describe,
    async addTask() {
      const [port = 0, internalPort = 0] = await freePorts(2)
      const instance = await startTask(options, tasks.length, port, internalPort)
      tasks.push(instance)
      await aim()
      return instance
    },
    async removeTask() {
      const instance = tasks.at(-1)
      if (!instance || tasks.length === 1) throw new Error('The last instance stays.')
      tasks.pop()
      await aim()
      await instance.stop()
      return instance
    },
    async balance(how) {
      balancing = how
      await aim()
    },
    async stop() {
      await gateway.instance.stop()
      await Promise.all([auth, ...tasks].map((instance) => instance.stop()))
    },
  }
}
