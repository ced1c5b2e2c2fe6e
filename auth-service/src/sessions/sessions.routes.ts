import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { SessionNotFound } from '../errors.ts'
import { problems } from '../platform/openapi.ts'
import { SessionBody, toSessionBody } from './session-body.ts'
import { LogoutQuery, Refresh, SessionParams, Tokens } from './sessions.schema.ts'
import type { SessionService } from './sessions.service.ts'

const ID = /^[\da-f]{24}$/i

/** Without an access token: exchanging a refresh token. */
export const refreshRoutes: FastifyPluginAsyncTypebox<{ sessions: SessionService }> = async (
  app,
  { sessions },
) => {
  app.post(
    '/auth/refresh',
    {
      schema: {
        tags: ['session'],
        summary: 'Exchange a refresh token for new tokens',
        security: [],
        body: Refresh,
        response: { 200: Tokens, ...problems(400, 401, 413, 415, 422, 429, 503) },
      },
    },
    async (request) => sessions.refresh(request.body.refresh_token),
  )
}

/** A malformed id is one that no session has. On request, so that this comes before a look at the body. */
async function requireId(request: FastifyRequest): Promise<void> {
  const { id } = request.params as { id?: string }
  if (id !== undefined && !ID.test(id)) throw new SessionNotFound()
}

/** With a token: where one is logged in. */
export const sessionRoutes: FastifyPluginAsyncTypebox<{ sessions: SessionService }> = async (
  app,
  { sessions },
) => {
  app.addHook('onRequest', requireId)
  app.get(
    '/auth/sessions',
    {
      schema: {
        tags: ['session'],
        summary: 'List own sessions, the last used first',
        response: { 200: Type.Array(SessionBody), ...problems(401, 429, 503) },
      },
    },
    async ({ caller }) =>
      (await sessions.list(caller.account.id)).map((session) => toSessionBody(session, caller.sessionId)),
  )
  app.delete(
    '/auth/sessions/:id',
    {
      config: { audit: { action: 'session.ended', soon: true } },
      schema: {
        tags: ['session'],
        summary: 'End one of the own sessions',
        params: SessionParams,
        response: { 204: Type.Null(), ...problems(401, 404, 429, 503) },
      },
    },
    async (request, reply) => {
      await sessions.endOwn(request.caller.account.id, request.params.id)
      return reply.code(204).send(null)
    },
  )
}

/** With a token: ending sessions. */
export const logoutRoutes: FastifyPluginAsyncTypebox<{ sessions: SessionService }> = async (
  app,
  { sessions },
) => {
  app.post(
    '/auth/logout',
    {
      config: { audit: { action: 'session.ended', soon: true } },
      schema: {
        tags: ['session'],
        summary: 'Log out',
        querystring: LogoutQuery,
        response: { 204: Type.Null(), ...problems(401, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      await sessions.logout(request.caller, request.query.scope ?? 'local')
      return reply.code(204).send(null)
    },
  )
}
