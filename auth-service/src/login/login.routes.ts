import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FormMalformed } from '../errors.ts'
import { problems } from '../platform/openapi.ts'
import { deviceOf, Tokens } from '../sessions/index.ts'
import { showLimitOn } from '../throttling/index.ts'
import forms from './forms.ts'
import { Login, type LoginBody } from './login.schema.ts'
import type { LoginService } from './login.service.ts'

/** Without a token: log-in by form or JSON. The only route that takes forms. */
export const loginRoutes: FastifyPluginAsyncTypebox<{ login: LoginService }> = async (app, { login }) => {
  await app.register(forms)
  app.post(
    '/auth/login',
    {
      config: { audit: { action: 'login.succeeded', soon: true } },
      schema: {
        tags: ['session'],
        summary: 'Log in',
        security: [],
        body: Login,
        response: { 200: Tokens, ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
      },
      // Schemas are chosen by content type; without one the body would go unchecked.
      preValidation: async (request) => {
        if (request.mediaType === undefined) throw new FormMalformed()
      },
    },
    async (request, reply) => {
      const { password, otp, ...body } = request.body as LoginBody
      const email = 'email' in body ? body.email : body.username
      const result = await login.login({ email, password, otp }, deviceOf(request), showLimitOn(reply))
      request.subject = result.accountId
      return result.tokens
    },
  )
}
