import { Gauge, type Registry } from '@prometheus-io/client'
import type { FastifyPluginAsync } from 'fastify'
import type { Job } from '../platform/jobs.ts'
import type { Redis } from '../platform/redis.ts'
import { eventRoutes } from './events.routes.ts'
import { Hints } from './hints.ts'
import { type Changed, Streams } from './streams.ts'

export type { Changed } from './streams.ts'

interface Options {
  redis: Redis
  registry: Registry
  log: { warn: (details: object, message: string) => void }
  read: (owner: string, since: Date, limit: number) => Promise<Changed[]>
  isSessionEnded: (sessionId: string) => boolean
  isDraining: () => boolean
  maxStreams: number
}

export interface Events extends Job {
  routes: FastifyPluginAsync
  /** To be told after each write, on whichever instance. */
  changed(owner: string): void
}

/** Streams of changes: any instance hears of them, and each reads what they are from MongoDB. */
export function openEvents({ redis, registry, log, ...options }: Options): Events {
  const streams = new Streams({
    ...options,
    onReadFailed: (err) => log.warn({ err }, 'changes could not be read, will try again'),
  })
  new Gauge({
    name: 'task_event_streams',
    help: 'Open event streams',
    registers: [registry],
    collect() {
      this.set(streams.size)
    },
  })
  const hints = new Hints(
    redis,
    (owner) => streams.changed(owner),
    () => void streams.catchUp(),
  )
  return {
    routes: async (app) => {
      await app.register(eventRoutes, { streams })
    },
    changed(owner) {
      streams.changed(owner)
      hints.send(owner)
    },
    start() {
      streams.start()
      hints.start()
    },
    stop() {
      streams.stop()
      hints.stop()
    },
  }
}
