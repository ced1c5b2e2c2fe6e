import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { FormMalformed } from '../errors.ts'
import multipartForm from '../plugins/multipart-form.ts'
import { problems } from '../plugins/openapi.ts'
import type { AddressLimit } from './attempts.ts'
import type { LoginService } from './login.service.ts'
import type { Device } from './session.ts'
import { Login, type LoginBody, LogoutQuery, Refresh, Tokens } from './sessions.schema.ts'
import type { SessionService } from './sessions.service.ts'

const MAX_USER_AGENT = 300

function deviceOf(request: FastifyRequest): Device {
  return { address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT) }
}

function sendLimit(reply: FastifyReply, limit: AddressLimit | null): void {
  if (!limit) return
  reply.headers({
    'ratelimit-limit': limit.limit,
    'ratelimit-remaining': limit.remaining,
    'ratelimit-reset': limit.resetSeconds,
  })
}

/** Without a token: log-in by form or JSON. The only route that takes forms. */
export const loginRoutes: FastifyPluginAsyncTypebox<{ login: LoginService }> = async (app, { login }) => {
  await app.register(formbody)
  await app.register(multipartForm)
  app.post(
    '/auth/login',
    {
      schema: {
        tags: ['session'],
        summary: 'Log in',
        security: [],
        body: Login,
        response: { 200: Tokens, ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
      },
      // Without a type there is no schema that a body would be checked by.
      preValidation: async (request) => {
        if (request.mediaType === undefined) throw new FormMalformed()
      },
    },
    async (request, reply) => {
      const { password, ...body } = request.body as LoginBody
      const email = 'email' in body ? body.email : body.username
      const { tokens, limit } = await login.login({ email, password }, deviceOf(request))
      sendLimit(reply, limit)
      return tokens
    },
  )
}

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
