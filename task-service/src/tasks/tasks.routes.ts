import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { CacheResult, ListPage } from '../cache/index.ts'
import { TaskNotFound, VersionMismatch } from '../errors.ts'
import { jsonParser } from '../platform/bodies.ts'
import { problems } from '../platform/openapi.ts'
import { pathOf } from '../platform/request-target.ts'
import { requireAdmin } from '../tokens/index.ts'
import type { ArrivalClock } from './arrival-clock.ts'
import { Preconditions } from './preconditions.ts'
import type { Task } from './task.ts'
import { PAGE_LIMIT, toWire } from './task-pages.ts'
import {
  AdminListQuery,
  ListQuery,
  Message,
  NewTask,
  TaskChanges,
  TaskId,
  TaskResponse,
} from './tasks.schema.ts'
import type { TasksService } from './tasks.service.ts'

/** Since arrival: later than this, a write is not sent to the database any more. */
const WRITE_DEADLINE_MS = 3_000
const OBJECT_ID = /^[\da-f]{24}$/i
/** Paths beside those of tasks */
const RESERVED = new Set(['all', 'openapi.json', 'reference'])
const refusals = problems(401, 404, 412, 429, 500, 503)
const writeRefusals = { ...refusals, ...problems(400, 413, 415, 422) }
const listAnswers = { 200: Type.Array(TaskResponse), 304: Type.Null(), ...refusals, ...problems(400, 422) }

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

interface PageQuery {
  limit?: string
  owner?: string
}

/** Says which version this is, and nothing more to a client that has it. @returns whether it was answered so */
function isAnswered(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', `"${etag}"`).header('cache-control', 'private, no-cache')
  const outcome = new Preconditions(request).check(etag)
  if (outcome === 'failed') throw new VersionMismatch()
  if (outcome === 'unchanged') reply.code(304).send()
  return outcome === 'unchanged'
}

/** What a write made of it. */
function sendTask(reply: FastifyReply, task: Task): FastifyReply {
  return reply
    .header('etag', `"${task.version}"`)
    .header('cache-control', 'private, no-cache')
    .send(toWire(task))
}

/** The bytes go out as they are. */
function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: ListPage,
  query: PageQuery,
): FastifyReply {
  if (page.next) reply.header('link', `<${nextUrl(request, query, page.next)}>; rel="next"`)
  if (isAnswered(request, reply, page.etag)) return reply
  return reply.type('application/json; charset=utf-8').send(page.body)
}

/**
 * Under the path the client used, with or without /api/v1. Only what was understood is repeated: a proxy refuses
 * headers that are as long as a client likes.
 */
function nextUrl(request: FastifyRequest, { limit, owner }: PageQuery, cursor: string): string {
  return `${pathOf(request.originalUrl)}?${new URLSearchParams({ ...(limit && { limit: String(Math.min(Number(limit), PAGE_LIMIT)) }), ...(owner && { owner }), cursor })}`
}

function locationOf(request: FastifyRequest, id: string): string {
  return `${pathOf(request.originalUrl).replace(/\/$/, '')}/${id}`
}

const pageRequest = ({ limit, cursor }: { limit?: string; cursor?: string }) => ({
  ...(limit !== undefined && { limit: Number(limit) }),
  ...(cursor !== undefined && { cursor }),
})

interface Options {
  tasks: TasksService
  arrivals: ArrivalClock
}

/** Everything under /tasks; the scope it is registered in has authenticated the caller. */
export const tasksRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { tasks, arrivals }) => {
  const deadline = (reply: FastifyReply) => arrivals.arrivalOf(reply.elapsedTime) + WRITE_DEADLINE_MS

  // Before the body is read: a malformed id is a 404.
  app.addHook('onRequest', (request, reply, done) => {
    const { id } = request.params as { id?: string }
    if (id === undefined || OBJECT_ID.test(id)) return done()
    if (!RESERVED.has(id)) return done(new TaskNotFound())
    // Not an id, but a path of its own, on which this method is not allowed.
    reply.callNotFound()
  })
  // RFC 7396: a merge patch is JSON whose nulls remove.
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, jsonParser(app))

  app.get(
    '/tasks',
    {
      schema: { summary: "The caller's tasks, newest first", querystring: ListQuery, response: listAnswers },
    },
    async (request, reply) => {
      const { page, result } = await tasks.list(request.caller, pageRequest(request.query))
      reply.header('cache-status', CACHE_STATUS[result])
      return sendPage(request, reply, page, request.query)
    },
  )

  app.get(
    '/tasks/all',
    {
      // Checked before validation: without the role the answer is 403, whatever the query.
      onRequest: requireAdmin,
      schema: {
        summary: "Everyone's tasks (ADMIN)",
        querystring: AdminListQuery,
        response: { ...listAnswers, ...problems(403) },
      },
    },
    async (request, reply) => {
      const { owner } = request.query
      return sendPage(
        request,
        reply,
        await tasks.listAll({ ...pageRequest(request.query), ...(owner && { owner }) }),
        request.query,
      )
    },
  )

  app.post(
    '/tasks',
    {
      schema: { summary: 'Create a task', body: NewTask, response: { 201: TaskResponse, ...writeRefusals } },
    },
    async (request, reply) => {
      const task = await tasks.create(request.caller, request.body, deadline(reply))
      return sendTask(reply.code(201).header('location', locationOf(request, task.id)), task)
    },
  )

  app.get(
    '/tasks/:id',
    {
      schema: {
        summary: 'One task',
        params: TaskId,
        response: { 200: TaskResponse, 304: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      const task = await tasks.get(request.caller, request.params.id)
      return isAnswered(request, reply, String(task.version)) ? reply : reply.send(toWire(task))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/tasks/:id',
    schema: {
      summary: 'Change some fields of a task',
      params: TaskId,
      body: TaskChanges,
      response: { 200: TaskResponse, ...writeRefusals },
    },
    handler: async (request, reply) => {
      const task = await tasks.update(
        request.caller,
        request.params.id,
        request.body,
        new Preconditions(request),
        deadline(reply),
      )
      return sendTask(reply, task)
    },
  })

  app.delete(
    '/tasks/:id',
    {
      schema: {
        summary: 'Delete a task (owner or ADMIN)',
        params: TaskId,
        response: { 200: Message, ...writeRefusals },
      },
    },
    async (request, reply) => {
      await tasks.remove(request.caller, request.params.id, new Preconditions(request), deadline(reply))
      return { message: 'Task deleted successfully' }
    },
  )
}
