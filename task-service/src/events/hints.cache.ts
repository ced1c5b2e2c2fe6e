import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'

const CHANNEL = 'task-changes'

/**
 * Tells other instances whose tasks have changed. A hint and no more: what has changed is read from MongoDB, so that a hint
 * that is lost delays and loses nothing.
 */
export class Hints {
  readonly #redis: Redis
  readonly #listener: Redis
  /** Its own hints come back to an instance, too. */
  readonly #instance = randomUUID()

  constructor(redis: Redis, onHint: (owner: string) => void) {
    this.#redis = redis
    this.#listener = redis.duplicate({ autoResubscribe: false })
    this.#listener.on('message', (_channel, message: string) => {
      const [instance, owner] = message.split(' ')
      if (instance !== this.#instance && owner !== undefined) onHint(owner)
    })
    // What goes wrong is logged for the other connection to the same server; this one comes back by itself.
    this.#listener.on('error', () => {})
    this.#listener.on('ready', () => void this.#listener.subscribe(CHANNEL).catch(() => undefined))
  }

  start(): void {
    this.#listener.connect().catch(() => undefined)
  }

  stop(): void {
    this.#listener.disconnect()
  }

  send(owner: string): void {
    this.#redis.publish(CHANNEL, `${this.#instance} ${owner}`).catch(() => undefined)
  }
}
