import type { Job } from './jobs.ts'
import type { Redis } from './redis.ts'

/** Says something to every instance. What matters stands in MongoDB: a message that is lost delays, and loses nothing. */
export class Channel {
  readonly #redis: Redis
  readonly #name: string

  constructor(redis: Redis, name: string) {
    this.#redis = redis
    this.#name = name
  }

  /** Waits for nothing. */
  send(message: string): void {
    this.#redis.publish(this.#name, message).catch(() => undefined)
  }

  /**
   * Hears what is sent, also by this instance, over a connection of its own while the job runs.
   * @param onListening each time it begins to hear: what was sent before may have been missed
   */
  listener(onMessage: (message: string) => void, onListening: () => void = () => {}): Job {
    const listener = this.#redis.duplicate({ autoResubscribe: false })
    listener.on('message', (_channel, message: string) => onMessage(message))
    // What goes wrong is logged for the other connection to the same server; this one comes back by itself.
    listener.on('error', () => {})
    listener.on('ready', () => void listener.subscribe(this.#name).then(onListening, () => undefined))
    return {
      start: () => void listener.connect().catch(() => undefined),
      stop: () => listener.disconnect(),
    }
  }
}
