import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Balancing } from '../gateway.ts'
import { HOST } from '../ports.ts'
import { Broadcast, MAX_READERS } from './broadcast.ts'
import { eventOf } from './events.ts'
import { EXPERIMENTS, type ExperimentName, type Step } from './experiment.ts'
import { guard } from './guard.ts'
import { LIMITS, type LoadOrder, type LoadStats } from './load.ts'
import { type Action, type ProcessReport, WrongState } from './processes.ts'

const SECRET_BYTES = 24
const MAX_COMMANDS_PER_SECOND = 20
const BODY_LIMIT_BYTES = 4_096
const NO_LOAD: LoadOrder = { reads: 0, writes: 0, logins: 0 }

/** What the page can have done. Errors of the kind WrongState are the asker's (409). */
export interface Controls {
  act(name: string, action: Action): Promise<void>
  addInstance(): Promise<void>
  removeInstance(): Promise<void>
  balance(how: Balancing): Promise<void>
  load(order: LoadOrder): Promise<void>
  experiment(name: ExperimentName): Promise<Step[]>
}

const rate = (maximum: number) => ({ type: 'integer', minimum: 0, maximum })
const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
})
const BODIES = {
  act: object({
    name: { type: 'string', maxLength: 32 },
    action: { enum: ['stop', 'kill', 'start', 'freeze', 'slow', 'resume'] satisfies Action[] },
  }),
  scale: object({ by: { enum: [1, -1] } }),
  balance: object({ how: { enum: ['least-connections', 'round-robin'] satisfies Balancing[] } }),
  load: object({
    reads: rate(LIMITS.reads),
    writes: rate(LIMITS.writes),
    logins: rate(LIMITS.logins),
  } satisfies Record<keyof LoadOrder, unknown>),
  experiment: object({ name: { enum: EXPERIMENTS } }),
}

/** The control port: this process alone has it, on loopback, for as long as `make dev` runs. */
export class ControlPort {
  readonly #app: FastifyInstance
  readonly #broadcast: Broadcast
  readonly #port: number
  readonly #secret = randomBytes(SECRET_BYTES).toString('base64url')
  #onInFlight: (byOrigin: Record<string, number>) => void = () => {}

  private constructor(port: number, pagePort: number, controls: Controls) {
    this.#port = port
    // Load and slow-downs end with the last page that shows them.
    this.#broadcast = new Broadcast(() => void controls.load(NO_LOAD))
    this.#app = Fastify({
      logger: false,
      bodyLimit: BODY_LIMIT_BYTES,
      forceCloseConnections: true,
      ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    })
    this.#app.removeContentTypeParser('text/plain')
    guard(this.#app, {
      secret: this.#secret,
      hosts: [`${HOST}:${port}`],
      origins: [`http://${HOST}:${pagePort}`, `http://localhost:${pagePort}`],
      maxCommands: MAX_COMMANDS_PER_SECOND,
    })
  }

  /** @param pagePort where the gateway serves the page */
  static async open(port: number, pagePort: number, controls: Controls): Promise<ControlPort> {
    const control = new ControlPort(port, pagePort, controls)
    control.#route(controls)
    await control.#app.listen({ host: HOST, port })
    return control
  }

  get origin(): string {
    return `http://${HOST}:${this.#port}`
  }

  /** Follows the address of the page: a fragment is never sent to a server. */
  get fragment(): string {
    return `control=${this.#port}.${this.#secret}`
  }

  /** @returns whether the line was for the page alone, and is no part of the log */
  onLine(source: string, line: string): boolean {
    const event = eventOf(source, line)
    if (event?.kind === 'request') this.#broadcast.push('requests', event.request)
    if (event?.kind === 'in-flight') this.#onInFlight(event.byOrigin)
    return event !== undefined && event.kind !== 'request'
  }

  onInFlight(listener: (byOrigin: Record<string, number>) => void): void {
    this.#onInFlight = listener
  }

  showLoad(stats: LoadStats): void {
    this.#broadcast.set('load', stats)
  }

  showProcesses(reports: ProcessReport[]): void {
    this.#broadcast.set('processes', reports)
  }

  showSettings(settings: { balancing: Balancing }): void {
    this.#broadcast.set('settings', settings)
  }

  async close(): Promise<void> {
    this.#broadcast.close()
    await this.#app.close()
  }

  #route(controls: Controls): void {
    const app = this.#app
    app.setErrorHandler((error: Error & { statusCode?: number; validation?: unknown }, _request, reply) => {
      const status = error instanceof WrongState ? 409 : (error.statusCode ?? 500)
      return reply.code(status).send({ status, detail: error.message })
    })
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ status: 404, detail: 'Not Found' }))
    app.options('/*', async () => undefined)
    app.get('/events', (_request, reply) => {
      if (this.#broadcast.readers >= MAX_READERS)
        return reply.code(503).send({ status: 503, detail: 'Too many pages are open.' })
      reply.hijack()
      const headers = Object.fromEntries(
        Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
      )
      reply.raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
      this.#broadcast.add(reply.raw)
    })
    this.#command<{ name: string; action: Action }>('act', ({ name, action }) => controls.act(name, action))
    this.#command<{ by: 1 | -1 }>('scale', ({ by }) =>
      by > 0 ? controls.addInstance() : controls.removeInstance(),
    )
    this.#command<{ how: Balancing }>('balance', ({ how }) => controls.balance(how))
    this.#command<LoadOrder>('load', (order) => controls.load(order))
    this.#command<{ name: ExperimentName }>('experiment', ({ name }) => controls.experiment(name))
  }

  #command<Body>(name: keyof typeof BODIES, run: (body: Body) => Promise<unknown>): void {
    this.#app.post(`/${name}`, { schema: { body: BODIES[name] } }, async ({ body }) => {
      return { result: (await run(body as Body)) ?? null }
    })
  }
}
