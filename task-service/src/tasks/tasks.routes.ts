import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { TaskNotFound } from '../errors.ts'
import { jsonParser } from '../platform/bodies.ts'
import { problems } from '../platform/openapi.ts'
import type { ArrivalClock } from './arrival-clock.ts'
import { listRoutes } from './list.routes.ts'
import { Preconditions } from './preconditions.ts'
import { locationOf, sendTask, sendWritten } from './task-answers.ts'
import { Message, NewTask, TaskChanges, TaskId, TaskResponse } from './tasks.schema.ts'
import type { TasksService } from './tasks.service.ts'

/** Since arrival: later than this, a write is not sent to the database any more. */
const WRITE_DEADLINE_MS = 3_000
const OBJECT_ID = /^[\da-f]{24}$/i
/** Paths beside those of tasks */
const RESERVED = new Set(['all', 'openapi.json', 'reference'])
const refusals = problems(401, 404, 412, 429, 500, 503)
const writeRefusals = { ...refusals, ...problems(400, 413, 415, 422) }

interface Options {
  tasks: TasksService
  arrivals: ArrivalClock
}

/** Everything under /tasks; the scope it is registered in has authenticated the caller. */
export const tasksRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { tasks, arrivals }) => {
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
        summary: 'Create a task',
        body: NewTask,
        response: { 201: TaskResponse, ...writeRefusals, ...problems(409) },
      },
    },
    async (request, reply) => {
      const task = await tasks.create(request.caller, request.body, deadlineOf(reply))
      return sendWritten(reply.code(201).header('location', locationOf(request, task.id)), task)
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
      return sendTask(request, reply, await tasks.get(request.caller, request.params.id))
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
