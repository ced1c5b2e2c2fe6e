import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { Type } from 'typebox'
import errorHandler from './error-handler.ts'
import { PATIENCE, type Patience } from './http-limits.ts'
import loadLimit from './load-limit.ts'
import publicHttp, { serverOptions } from './public-http.ts'

export const ORIGIN = 'http://localhost:5173'

export interface Edge {
  app: FastifyInstance
  port: number
  registry: Registry
  /** Lines logged so far */
  log: Record<string, unknown>[]
  /** Sends bytes (Latin-1) on a connection of their own */
  send: (bytes: string) => Connection
}

export interface Connection {
  socket: Socket
  /** Everything received so far */
  received: () => string
  closed: Promise<unknown>
}

interface EdgeOptions {
  patience?: Partial<Patience>
  maxInFlight?: number
  config?: { RATE_LIMIT_PER_MINUTE?: number; TRUST_PROXY?: string[] }
  routes?: (app: FastifyInstance) => void
}

function somewhere(app: FastifyInstance): void {
  app.get('/read', async () => ({ ok: true }))
  const body = Type.Object({ a: Type.String() }, { additionalProperties: false })
  app.post('/write', { schema: { body } }, async (request) => request.body)
}

function connection(port: number, bytes: string): Connection {
  const socket = connect({ host: '127.0.0.1', port })
  let received = ''
  socket.on('data', (data) => (received += data.toString('latin1')))
  // A reset is a way to close.
  socket.on('error', () => {})
  socket.write(bytes, 'latin1')
  return { socket, received: () => received, closed: once(socket, 'close') }
}

/** What every request meets before a route, listening, and two routes behind it: `GET /read` and `POST /write`. */
export async function startEdge(t: Test, options: EdgeOptions = {}): Promise<Edge> {
  const config = {
    LOG_LEVEL: 'info',
    TRUST_PROXY: [],
    CORS_ORIGINS: ['loopback'],
    RATE_LIMIT_PER_MINUTE: 0,
    INSTANCE_NAME: '',
    SERVER_TIMING: false,
    ...options.config,
  }
  const log: Edge['log'] = []
  const base = serverOptions(config, 'edge', { ...PATIENCE, ...options.patience })
  const stream = { write: (line: string) => void log.push(JSON.parse(line)) }
  const app = Fastify({ ...base, logger: { ...base.logger, stream } })
  await app.register(errorHandler)
  const registry = new Registry()
  await app.register(publicHttp, { config, registry })
  await app.register(loadLimit, { maxInFlight: options.maxInFlight ?? 0 })
  const routes = options.routes ?? somewhere
  routes(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  log.length = 0
  const connections: Connection[] = []
  t.teardown(async () => {
    for (const { socket } of connections) socket.destroy()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo
  function send(bytes: string): Connection {
    const opened = connection(port, bytes)
    connections.push(opened)
    return opened
  }
  return { app, port, registry, log, send }
}
