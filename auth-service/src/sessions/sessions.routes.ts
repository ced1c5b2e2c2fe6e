import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { problems } from '../platform/openapi.ts'
import { LogoutQuery, Refresh, Tokens } from './sessions.schema.ts'
import type { SessionService } from './sessions.service.ts'

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

/** With a token: ending sessions. */
export const logoutRoutes: FastifyPluginAsyncTypebox<{ sessions: SessionService }> = async (
  app,
  { sessions },
) => {
  app.post(
    '/auth/logout',
    {
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
