import jwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { TokenInvalid } from '../errors.ts'
import { bearerToken } from '../platform/bearer.ts'
import type { PublicKeys } from './public-keys.ts'

const AUDIENCE = 'task-service-internal'

interface Options {
  keys: PublicKeys
  issuer: string
}

/** Service tokens of auth-service: their own type and audience, so that nobody's access token passes for one. */
async function serviceToken(app: FastifyInstance, { keys, issuer }: Options): Promise<void> {
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
}

/** Every route of the scope is for auth-service alone. */
export default fp(serviceToken, { name: 'service-token' })
