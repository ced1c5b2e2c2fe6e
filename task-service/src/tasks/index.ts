import { openLists } from '../cache/index.ts'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { serviceToken, type TokensFeature } from '../tokens/index.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { erasureRoutes } from './erasure.routes.ts'
import { PAGE_LIMIT, TaskPages } from './task-pages.ts'
import { TasksRepository, WRITE_LIMIT_MS } from './tasks.repository.ts'
import { tasksRoutes } from './tasks.routes.ts'
import { TasksService } from './tasks.service.ts'

/** Todo lists, and their end when an account is deleted. */
export function tasksFeature(
  { redis, db, registry, log, config }: Service<Config>,
  { keys }: TokensFeature,
): Feature {
  const repository = new TasksRepository(db)
  const pages = new TaskPages(repository)
  const lists = openLists({
    redis,
    db,
    registry,
    log,
    load: (owner) => pages.read(owner, PAGE_LIMIT),
    commitLimitMs: WRITE_LIMIT_MS,
    writeThrough: config.CACHE_WRITE_THROUGH,
  })
  const arrivals = new ArrivalClock()
  const tasks = new TasksService(repository, pages, lists)
  return {
    name: 'tasks',
    prepare: async () => {
      await repository.prepare()
      await lists.prepare()
    },
    routes: async (app) => {
      await app.register(tasksRoutes, { tasks, arrivals })
    },
    internalRoutes: async (server) => {
      await server.register(serviceToken, { keys, issuer: config.TOKEN_ISSUER })
      await server.register(erasureRoutes, { tasks })
    },
    jobs: [lists, arrivals],
  }
}
