import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { problems } from '../platform/openapi.ts'
import { SessionBody, type SessionService, toSessionBody } from '../sessions/index.ts'
import { requireAdmin } from '../tokens/index.ts'
import { requireId } from './administration.routes.ts'
import { UserParams } from './administration.schema.ts'
import type { AdministrationService } from './administration.service.ts'

const tags = ['administration']
const params = UserParams
const noContent = Type.Null()

interface Options {
  administration: AdministrationService
  sessions: SessionService
}

/** For administrators alone: who may log in, and where they are logged in. */
export const accessRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { administration, sessions }) => {
  app.addHook('onRequest', requireAdmin)
  app.addHook('onRequest', requireId)

  app.post(
    '/users/:id/lock',
    {
      config: { audit: { action: 'user.locked' } },
      schema: {
        tags,
        summary: 'Lock a user out; their sessions end',
        params,
        response: { 204: noContent, ...problems(401, 403, 404, 409, 429, 503) },
      },
    },
    async (request, reply) => {
      await administration.lock(request.params.id)
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/users/:id/unlock',
    {
      config: { audit: { action: 'user.unlocked' } },
      schema: {
        tags,
        summary: 'Let a locked user log in again',
        params,
        response: { 204: noContent, ...problems(401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      await administration.unlock(request.params.id)
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/users/:id/sessions',
    {
      schema: {
        tags,
        summary: 'List the sessions of a user, the last used first',
        params,
        response: { 200: Type.Array(SessionBody), ...problems(401, 403, 404, 429, 503) },
      },
    },
    async ({ params, caller }) => {
      const { id } = await administration.find(params.id)
      return (await sessions.list(id)).map((session) => toSessionBody(session, caller.sessionId))
    },
  )

  app.delete(
    '/users/:id/sessions',
    {
      config: { audit: { action: 'user.sessions_ended' } },
      schema: {
        tags,
        summary: 'Log a user out everywhere',
        params,
        response: { 204: noContent, ...problems(401, 403, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      await administration.endSessionsOf(request.params.id)
      return reply.code(204).send(null)
    },
  )
}
