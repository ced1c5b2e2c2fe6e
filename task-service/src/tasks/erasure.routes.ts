import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { TaskService } from './tasks.service.ts'

/** auth-service waits longer than a client does. Each step keeps its own limit: many tasks go in several requests. */
const DEADLINE_MS = 10_000

const OwnerId = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{24}$' }) })
const Removed = Type.Object({ deleted: Type.Integer() })

/** For auth-service alone: the tasks of a user who was deleted. Repeatable. */
export const erasureRoutes: FastifyPluginAsyncTypebox<{ tasks: TaskService }> = async (app, { tasks }) => {
  app.delete(
    '/internal/owners/:id',
    { schema: { params: OwnerId, response: { 200: Removed } } },
    async (request) => {
      return { deleted: await tasks.removeOwner(request.params.id, performance.now() + DEADLINE_MS) }
    },
  )
}
