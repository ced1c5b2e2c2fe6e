import jwt from '@fastify/jwt'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { TokenInvalid } from '../errors.ts'
import { bearerToken } from '../platform/bearer.ts'
import type { PublicKeys } from '../tokens/public-keys.ts'
import type { TasksService } from './tasks.service.ts'

/** auth-service waits longer than a client does. Each step keeps its own limit: many tasks go in several requests. */
const DEADLINE_MS = 10_000
const AUDIENCE = 'task-service-internal'

const OwnerId = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{24}$' }) })
const Removed = Type.Object({ deleted: Type.Integer() })

interface Options {
  tasks: TasksService
  keys: PublicKeys
  issuer: string
}

/** For auth-service alone: the tasks of a user who was deleted. Repeatable. */
export const erasureRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { tasks, keys, issuer }) => {
  await app.register(jwt, {
    secret: keys.publicKey,
    decode: { complete: true },
    verify: {
      algorithms: ['ES256'],
      allowedIss: issuer,
      allowedAud: AUDIENCE,
      requiredClaims: ['exp', 'iss', 'aud', 'sub'],
      checkTyp: 'service+jwt',
      extractToken: bearerToken,
      cache: false,
    },
  })
  app.addHook('onRequest', async (request) => {
    await request.jwtVerify().catch((cause) => {
      request.log.info({ reason: String(cause) }, 'service token refused')
      throw new TokenInvalid()
    })
  })

  app.delete(
    '/internal/owners/:id',
    { schema: { params: OwnerId, response: { 200: Removed } } },
    async (request) => {
      return { deleted: await tasks.removeOwner(request.params.id, performance.now() + DEADLINE_MS) }
    },
  )
}
