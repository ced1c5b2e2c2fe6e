import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type AccountService, toUserBody, User } from '../accounts/index.ts'
import { Forbidden, UserNotFound } from '../errors.ts'
import { problems } from '../platform/openapi.ts'
import { requireAdmin } from '../tokens/index.ts'
import { Deleted, NewUser, UserChange, UserPage, UserParams } from './administration.schema.ts'
import type { AdministrationService } from './administration.service.ts'

const MAX_PAGE = 100
const ID = /^[\da-f]{24}$/i
const tags = ['administration']

interface Options {
  administration: AdministrationService
  accounts: AccountService
}

/** A malformed id is an id that nobody has. On request, so that this comes before a look at the body. */
export async function requireId(request: FastifyRequest): Promise<void> {
  const { id } = request.params as { id?: string }
  if (id !== undefined && !ID.test(id)) throw new UserNotFound()
}

async function requireSelfOrAdmin(request: FastifyRequest): Promise<void> {
  const { account } = request.caller
  const { id } = request.params as { id: string }
  if (account.role !== 'ADMIN' && account.id !== id.toLowerCase()) throw new Forbidden()
}

/** One's own account, or any for an administrator. */
export const userRoutes: FastifyPluginAsyncTypebox<Pick<Options, 'administration'>> = async (
  app,
  { administration },
) => {
  app.addHook('onRequest', requireSelfOrAdmin)
  app.addHook('onRequest', requireId)
  app.get(
    '/users/:id',
    {
      schema: {
        tags,
        summary: 'Read a user',
        params: UserParams,
        response: { 200: User, ...problems(401, 403, 404, 429, 503) },
      },
    },
    async (request) => toUserBody(await administration.find(request.params.id)),
  )
}

/** For administrators alone. */
export const administrationRoutes: FastifyPluginAsyncTypebox<Options> = async (
  app,
  { administration, accounts },
) => {
  app.addHook('onRequest', requireAdmin)
  app.addHook('onRequest', requireId)

  app.get(
    '/users/',
    {
      schema: {
        tags,
        summary: 'List users, newest first',
        querystring: UserPage,
        response: { 200: Type.Array(User), ...problems(401, 403, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const skip = Number(request.query.skip ?? 0)
      const limit = Math.min(Number(request.query.limit ?? MAX_PAGE), MAX_PAGE)
      const found = await administration.list(skip, limit)
      if (found.length > limit) reply.header('link', `<?skip=${skip + limit}&limit=${limit}>; rel="next"`)
      return found.slice(0, limit).map(toUserBody)
    },
  )

  app.post(
    '/users/',
    {
      config: { audit: { action: 'user.created' } },
      schema: {
        tags,
        summary: 'Create a user',
        body: NewUser,
        response: { 201: User, ...problems(400, 401, 403, 413, 415, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { role = 'USER', permissions = [], ...registration } = request.body
      const account = await accounts.create(registration, role, permissions)
      request.subject = account.id
      return reply.code(201).send(toUserBody(account))
    },
  )

  app.route({
    method: ['PUT', 'PATCH'],
    url: '/users/:id',
    config: { audit: { action: 'user.changed' } },
    schema: {
      tags,
      summary: 'Change name, role or permissions; a new role ends the user’s sessions',
      params: UserParams,
      body: UserChange,
      response: { 200: User, ...problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503) },
    },
    handler: async (request) => {
      const { _id, email, email_verified, created_at, ...change } = request.body
      return toUserBody(await administration.change(request.params.id, change))
    },
  })

  app.delete(
    '/users/:id',
    {
      config: { audit: { action: 'user.deleted' } },
      schema: {
        tags,
        summary: 'Delete a user, their sessions and their tasks',
        params: UserParams,
        response: { 200: Deleted, ...problems(401, 403, 404, 409, 429, 503) },
      },
    },
    async (request) => {
      await administration.remove(request.params.id)
      return { message: 'User deleted successfully' } as const
    },
  )
}
