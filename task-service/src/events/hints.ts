import { randomUUID } from 'node:crypto'
import { Channel } from '../platform/channel.ts'
import type { Job } from '../platform/jobs.ts'
import type { Redis } from '../platform/redis.ts'

const CHANNEL = 'task-changes'

/**
 * Tells other instances whose tasks have changed. A hint and no more: what has changed is read from MongoDB, so that a hint
 * that is lost delays and loses nothing.
 */
export class Hints {
  readonly #channel: Channel
  readonly #listener: Job
  /** Its own hints come back to an instance, too. */
  readonly #instance = randomUUID()

  /** @param onListening hints come from now on; what came before may have been missed */
  constructor(redis: Redis, onHint: (owner: string) => void, onListening: () => void) {
    this.#channel = new Channel(redis, CHANNEL)
    this.#listener = this.#channel.listener((message) => {
      const [instance, owner] = message.split(' ')
      if (instance !== this.#instance && owner !== undefined) onHint(owner)
    }, onListening)
  }

  start(): void {
    this.#listener.start()
  }

  stop(): void {
    void this.#listener.stop()
  }

  send(owner: string): void {
    this.#channel.send(`${this.#instance} ${owner}`)
  }
}
