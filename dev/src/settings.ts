import type { GatewayKind } from './gateway.ts'
import type { WantedPort } from './ports.ts'
import type { SystemPorts } from './system.ts'

const MAX_TASKS = 20
const MAX_PORT = 65_535

/** What `make dev` can be told. */
export interface DevSettings {
  gateway: GatewayKind
  ports: SystemPorts
  mongodbPort: number
  redisPort: number
  controlPort: number
}

function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const value = env[name] ? Number(env[name]) : fallback
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${name} must be a whole number from 1 to ${max}, not "${env[name]}".`)
  return value
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

/**
 * TASKS (3), GATEWAY (fastify | nginx), PORT (8080), AUTH_PORT (8001), TASK_PORT (8002, one more for each instance),
 * INTERNAL_PORT (9101 for auth-service, the next for task-service), CONTROL_PORT (8090, for the page), MONGODB_PORT (27117),
 * REDIS_PORT (6479): the last two are not the usual ones, on which a machine may have servers of its own.
 * @throws Error of one sentence naming the bad variable
 */
export function loadSettings(env: NodeJS.ProcessEnv): DevSettings {
  const tasks = integer(env, 'TASKS', 3, MAX_TASKS)
  const gateway = env.GATEWAY || 'fastify'
  if (gateway !== 'fastify' && gateway !== 'nginx')
    throw new Error(`GATEWAY must be fastify or nginx, not "${gateway}".`)
  const port = (name: string, fallback: number) => integer(env, name, fallback, MAX_PORT - MAX_TASKS)
  const internal = port('INTERNAL_PORT', 9101)
  return {
    gateway,
    ports: {
      gateway: port('PORT', 8080),
      auth: port('AUTH_PORT', 8001),
      authInternal: internal,
      tasks: range(port('TASK_PORT', 8002), tasks),
      tasksInternal: range(internal + 1, tasks),
    },
    mongodbPort: port('MONGODB_PORT', 27117),
    redisPort: port('REDIS_PORT', 6479),
    controlPort: port('CONTROL_PORT', 8090),
  }
}

/** Every port that will be listened on, with the variable that moves it. */
export function wantedPorts(
  { ports, mongodbPort, redisPort, controlPort }: DevSettings,
  env: NodeJS.ProcessEnv,
): WantedPort[] {
  return [
    { port: ports.gateway, variable: 'PORT', purpose: 'the gateway' },
    { port: controlPort, variable: 'CONTROL_PORT', purpose: 'the control port of the page' },
    { port: ports.auth, variable: 'AUTH_PORT', purpose: 'auth-service' },
    ...ports.tasks.map((port, index) => ({
      port,
      variable: 'TASK_PORT',
      purpose: `task-service ${index + 1}`,
    })),
    { port: ports.authInternal, variable: 'INTERNAL_PORT', purpose: 'the internal port of auth-service' },
    ...ports.tasksInternal.map((port, index) => ({
      port,
      variable: 'INTERNAL_PORT',
      purpose: `the internal port of task-service ${index + 1}`,
    })),
    ...(env.MONGODB_URI ? [] : [{ port: mongodbPort, variable: 'MONGODB_PORT', purpose: 'MongoDB' }]),
    ...(env.REDIS_URL ? [] : [{ port: redisPort, variable: 'REDIS_PORT', purpose: 'Redis' }]),
  ]
}
