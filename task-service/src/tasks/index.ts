import { openLists } from '../cache/index.ts'
import type { Config } from '../config.ts'
import { openEvents } from '../events/index.ts'
import type { Feature } from '../platform/feature.ts'
import { repeated } from '../platform/jobs.ts'
import type { Service } from '../platform/service.ts'
import { serviceToken, type TokensFeature } from '../tokens/index.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { CreationKeyRepository } from './creation-keys.repository.ts'
import { erasureRoutes } from './erasure.routes.ts'
import { KeyedCreations } from './keyed-creations.ts'
import { TaskListRepository } from './task-lists.repository.ts'
import { TaskPages } from './task-pages.ts'
import { TaskRepository, WRITE_LIMIT_MS } from './tasks.repository.ts'
import { taskRoutes } from './tasks.routes.ts'
import { TaskService } from './tasks.service.ts'

export { type NewTaskFields, newTask } from './task.ts'
export { type TaskDocument, toColumns } from './task-document.repository.ts'

const DAY_MS = 86_400_000

/** Todo lists, and their end when an account is deleted. */
export function tasksFeature(
  { redis, db, registry, log, config, readiness }: Service<Config>,
  { keys, endedSessions }: TokensFeature,
): Feature {
  const repository = new TaskRepository(db)
  const listsRepository = new TaskListRepository(db)
  const creationKeys = new CreationKeyRepository(db, DAY_MS)
  const pages = new TaskPages(listsRepository)
  const lists = openLists({
    redis,
    db,
    registry,
    log,
    load: (owner) => pages.read({ owner }),
    commitLimitMs: WRITE_LIMIT_MS,
    writeThrough: config.CACHE_WRITE_THROUGH,
  })
  const events = openEvents({
    redis,
    registry,
    log,
    read: (owner, since, limit) => listsRepository.changedSince(owner, since, limit),
    isSessionEnded: (sessionId) => endedSessions.isEnded(sessionId),
    isDraining: () => readiness.isDraining(),
    maxStreams: config.MAX_EVENT_STREAMS,
  })
  const arrivals = new ArrivalClock()
  const tasks = new TaskService({
    tasks: repository,
    pages,
    lists,
    keyed: new KeyedCreations(creationKeys),
    onWritten: (owner) => events.changed(owner),
    maxTasks: config.MAX_TASKS_PER_OWNER,
    retentionMs: config.DELETED_TASKS_DAYS * DAY_MS,
  })
  return {
    name: 'tasks',
    prepare: async () => {
      await listsRepository.prepare()
      await repository.prepare()
      await creationKeys.prepare()
      await lists.prepare()
    },
    routes: async (app) => {
      await app.register(taskRoutes, { tasks, arrivals })
      await app.register(events.routes)
    },
    internalRoutes: async (server) => {
      await server.register(serviceToken, { keys, issuer: config.TOKEN_ISSUER })
      await server.register(erasureRoutes, { tasks })
    },
    jobs: [
      lists,
      arrivals,
      events,
      repeated({
        name: 'tasks from before search',
        everyMs: DAY_MS,
        log,
        async run(signal) {
          while (!signal.aborted && (await repository.completeSome()));
        },
      }),
    ],
  }
}
