import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { CacheResult } from '../cache/index.ts'
import { SearchInvalid } from '../errors.ts'
import { problems } from '../platform/openapi.ts'
import { requireAdmin } from '../tokens/index.ts'
import { beginningsOf } from './folding.ts'
import { sendPage } from './task-answers.ts'
import { type TaskFilter, toSort } from './task-query.ts'
import { toDate } from './task-rules.ts'
import { AdminListQuery, ListQuery, TaskResponse } from './tasks.schema.ts'
import type { TaskService } from './tasks.service.ts'

const answers = {
  200: Type.Array(TaskResponse),
  304: Type.Null(),
  ...problems(400, 401, 404, 412, 422, 429, 500, 503),
}

/** RFC 9211 */
const CACHE_STATUS: Record<CacheResult | 'not-cacheable', string> = {
  hit: 'task-lists; hit',
  stored: 'task-lists; fwd=uri-miss; stored',
  'not-stored': 'task-lists; fwd=uri-miss',
  'write-in-progress': 'task-lists; fwd=bypass; detail=write-in-progress',
  'cache-off': 'task-lists; fwd=bypass; detail=cache-off',
  'redis-unreachable': 'task-lists; fwd=bypass; detail=redis-unreachable',
  'lease-lost': 'task-lists; fwd=bypass; detail=lease-lost',
  'not-cacheable': 'task-lists; fwd=request',
}

/** Of a query, what its schema names: unknown parameters are ignored. */
function known(schema: { properties: object }, query: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).filter(([name]) => name !== 'cursor' && Object.hasOwn(schema.properties, name)),
  )
}

/** @throws SearchInvalid · DueDateInvalid */
function toFilter({ completed, priority, label, due_before, due_after, q, deleted }: ListQuery): TaskFilter {
  const dueBefore = toDate(due_before, 'querystring/due_before')
  const dueAfter = toDate(due_after, 'querystring/due_after')
  const beginnings = q === undefined ? undefined : beginningsOf(q)
  if (beginnings?.length === 0) throw new SearchInvalid()
  return {
    ...(completed !== undefined && { completed: completed === 'true' }),
    ...(priority !== undefined && { priority: Number(priority) }),
    ...(label !== undefined && { label }),
    ...(dueBefore && { dueBefore }),
    ...(dueAfter && { dueAfter }),
    ...(beginnings && { beginnings }),
    ...(deleted === 'true' && { deleted: true }),
  }
}

const toPlace = ({ limit, cursor }: { limit?: string; cursor?: string }) => ({
  ...(limit !== undefined && { limit: Number(limit) }),
  cursor,
})

/** Lists of tasks. */
export const listRoutes: FastifyPluginAsyncTypebox<{ tasks: TaskService }> = async (app, { tasks }) => {
  app.get(
    '/tasks',
    {
      schema: {
        tags: ['tasks'],
        summary: "The caller's tasks, newest first unless sorted",
        querystring: ListQuery,
        response: answers,
      },
    },
    async (request, reply) => {
      const { query } = request
      const sort = query.sort === undefined ? {} : { sort: toSort(query.sort) }
      const wanted = { ...toPlace(query), ...sort, filter: toFilter(query) }
      const { page, result } = await tasks.list(request.caller, wanted)
      reply.header('cache-status', CACHE_STATUS[result])
      return sendPage(request, reply, page, () => known(ListQuery, query))
    },
  )

  app.get(
    '/tasks/all',
    {
      // Checked before validation: without the role the answer is 403, whatever the query.
      onRequest: requireAdmin,
      schema: {
        tags: ['tasks'],
        summary: "Everyone's tasks (ADMIN)",
        querystring: AdminListQuery,
        response: { ...answers, ...problems(403) },
      },
    },
    async (request, reply) => {
      const { query } = request
      const page = await tasks.listAll({ ...toPlace(query), owner: query.owner })
      return sendPage(request, reply, page, () => known(AdminListQuery, query))
    },
  )
}
