import type { FastifyBaseLogger } from 'fastify'

type Child = Parameters<FastifyBaseLogger['child']>

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/**
 * A request's logger that is made when it is first asked for something: most requests write one line, which names them
 * itself (see request-log.ts), and a child of pino costs more than that line.
 */
class LazyLogger {
  readonly #parent: FastifyBaseLogger
  readonly #parameters: Child
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, parameters: Child) {
    this.#parent = parent
    this.#parameters = parameters
  }

  get made(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(...this.#parameters)
    return this.#made
  }

  get level(): string {
    return this.made.level
  }

  set level(level: string) {
    this.made.level = level
  }

  child(...parameters: Child): FastifyBaseLogger {
    return this.made.child(...parameters)
  }
}

for (const level of LEVELS) {
  Object.defineProperty(LazyLogger.prototype, level, {
    value(this: LazyLogger, ...line: Parameters<FastifyBaseLogger['info']>) {
      this.made[level](...line)
    },
  })
}

/** For Fastify's option `childLoggerFactory`. */
export function lazyChild(parent: FastifyBaseLogger, ...parameters: Child): FastifyBaseLogger {
  return new LazyLogger(parent, parameters) as unknown as FastifyBaseLogger
}
