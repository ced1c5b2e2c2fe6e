import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { FormMalformed } from '../errors.ts'
import { problems } from '../platform/openapi.ts'
import { type Device, Tokens } from '../sessions/index.ts'
import type { LimitState } from '../throttling/index.ts'
import forms from './forms.ts'
import { Login, type LoginBody } from './login.schema.ts'
import type { LoginService } from './login.service.ts'

const MAX_USER_AGENT = 300

function deviceOf(request: FastifyRequest): Device {
  return { address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT) }
}

/** In the place of those of the general limit, which counts something else. */
function showLimitOn(reply: FastifyReply) {
  return ({ limit, remaining, resetSeconds }: LimitState) => {
    reply.headers({
      'ratelimit-limit': limit,
      'ratelimit-remaining': remaining,
      'ratelimit-reset': resetSeconds,
    })
  }
}

/** Without a token: log-in by form or JSON. The only route that takes forms. */
export const loginRoutes: FastifyPluginAsyncTypebox<{ login: LoginService }> = async (app, { login }) => {
  await app.register(forms)
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
      return login.login({ email, password }, deviceOf(request), showLimitOn(reply))
    },
  )
}
