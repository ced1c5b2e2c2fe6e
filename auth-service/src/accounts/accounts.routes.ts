import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { problems } from '../platform/openapi.ts'
import { ProfileChange, Registration, User } from './accounts.schema.ts'
import type { AccountService } from './accounts.service.ts'
import { toUserBody } from './user-body.ts'

interface Options {
  accounts: AccountService
}

/** Without a token: making an account. */
export const registrationRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { accounts }) => {
  app.post(
    '/auth/register',
    {
      config: { audit: { action: 'account.registered' } },
      schema: {
        tags: ['account'],
        summary: 'Register',
        security: [],
        body: Registration,
        response: { 201: User, ...problems(400, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const account = await accounts.register(request.body)
      request.subject = account.id
      return reply.code(201).send(toUserBody(account))
    },
  )
}

/** With a token: one's own profile. */
export const profileRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { accounts }) => {
  app.get(
    '/auth/me',
    {
      schema: {
        tags: ['account'],
        summary: 'Own profile',
        response: { 200: User, ...problems(401, 429, 503) },
      },
    },
    async (request) => toUserBody(request.caller.account),
  )
  app.patch(
    '/auth/me',
    {
      schema: {
        tags: ['account'],
        summary: 'Change own name',
        body: ProfileChange,
        response: { 200: User, ...problems(400, 401, 404, 413, 415, 422, 429, 503) },
      },
    },
    async (request) => toUserBody(await accounts.rename(request.caller.account, request.body.name)),
  )
}
