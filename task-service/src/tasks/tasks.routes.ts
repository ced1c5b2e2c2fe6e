import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { TaskNotFound } from '../errors.ts'
import { jsonParser } from '../platform/bodies.ts'
import { problems } from '../platform/openapi.ts'
import { problemOf, refusalOf } from '../platform/problems.ts'
import type { ArrivalClock } from './arrival-clock.ts'
import { Operations, Results } from './bulk.schema.ts'
import type { Outcome } from './bulk.service.ts'
import { listRoutes } from './list.routes.ts'
import { Preconditions } from './preconditions.ts'
import { locationOf, sendTask, sendWritten } from './task-answers.ts'
import { toWire } from './task-pages.ts'
import { CreationHeaders, Message, NewTask, TaskChanges, TaskId, TaskResponse } from './tasks.schema.ts'
import type { TaskService } from './tasks.service.ts'

/** Since arrival: later than this, a write is not sent to the database any more. */
const WRITE_DEADLINE_MS = 3_000
const OBJECT_ID = /^[\da-f]{24}$/i
/** Paths beside those of tasks */
const RESERVED = new Set(['all', 'bulk', 'events', 'openapi.json', 'reference'])
const refusals = problems(401, 404, 412, 429, 500, 503)
const writeRefusals = { ...refusals, ...problems(400, 413, 415, 422) }

interface Options {
  tasks: TaskService
  arrivals: ArrivalClock
}

function toResult(outcome: Outcome, request: FastifyRequest) {
  if (!('error' in outcome)) {
    const { status, task } = outcome
    return { status, ...(task && { task: toWire(task) }) }
  }
  const refusal = refusalOf(outcome.error as FastifyError)
  if (refusal.status === 500) request.log.error({ err: outcome.error }, 'unexpected error')
  return { status: refusal.status, problem: problemOf(refusal, request.id) }
}

/** Everything under /tasks; the scope it is registered in has authenticated the caller. */
export const taskRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { tasks, arrivals }) => {
  const deadlineOf = (reply: FastifyReply) => arrivals.arrivalOf(reply.elapsedTime) + WRITE_DEADLINE_MS
  const conditionsOf = (request: FastifyRequest, reply: FastifyReply) => ({
    preconditions: new Preconditions(request),
    deadline: deadlineOf(reply),
  })

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
  await app.register(listRoutes, { tasks })

  app.post(
    '/tasks',
    {
      schema: {
        tags: ['tasks'],
        summary: 'Create a task',
        headers: CreationHeaders,
        body: NewTask,
        response: { 201: TaskResponse, ...writeRefusals, ...problems(409) },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key']
      const task = await tasks.create(request.caller, request.body, deadlineOf(reply), key)
      return sendWritten(reply.code(201).header('location', locationOf(request, task.id)), task)
    },
  )

  app.post(
    '/tasks/bulk',
    {
      schema: {
        tags: ['tasks'],
        summary: "Up to 100 operations on the caller's own tasks, each with a result of its own",
        headers: CreationHeaders,
        body: Operations,
        response: { 200: Results, ...writeRefusals },
      },
    },
    async (request, reply) => {
      const key = request.headers['idempotency-key']
      const outcomes = await tasks.bulk(request.caller, request.body, deadlineOf(reply), key)
      return reply
        .header('cache-control', 'private, no-cache')
        .send(outcomes.map((one) => toResult(one, request)))
    },
  )

  app.get(
    '/tasks/:id',
    {
      schema: {
        tags: ['tasks'],
        summary: 'One task',
        params: TaskId,
        response: { 200: TaskResponse, 304: Type.Null(), ...refusals },
      },
    },
    async (request, reply) => {
      return sendTask(request, reply, await tasks.get(request.caller, request.params.id))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/tasks/:id',
    schema: {
      tags: ['tasks'],
      summary: 'Change some fields of a task',
      params: TaskId,
      body: TaskChanges,
      response: { 200: TaskResponse, ...writeRefusals },
    },
    handler: async (request, reply) => {
      const conditions = conditionsOf(request, reply)
      return sendWritten(
        reply,
        await tasks.update(request.caller, request.params.id, request.body, conditions),
      )
    },
  })

  app.delete(
    '/tasks/:id',
    {
      schema: {
        tags: ['tasks'],
        summary: 'Delete a task (owner or ADMIN); it can be restored for a time',
        params: TaskId,
        response: { 200: Message, ...writeRefusals },
      },
    },
    async (request, reply) => {
      await tasks.remove(request.caller, request.params.id, conditionsOf(request, reply))
      return { message: 'Task deleted successfully' }
    },
  )

  app.post(
    '/tasks/:id/restore',
    {
      schema: {
        tags: ['tasks'],
        summary: 'Bring back a task that was deleted lately',
        params: TaskId,
        response: { 200: TaskResponse, ...writeRefusals },
      },
    },
    async (request, reply) => {
      const conditions = conditionsOf(request, reply)
      return sendWritten(reply, await tasks.restore(request.caller, request.params.id, conditions))
    },
  )
}
