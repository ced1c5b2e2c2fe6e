import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { namesBearer } from '../platform/bearer.ts'
import { type KeySource, TokenInvalid, tokenVerifier } from '../platform/token-verifier.ts'

const AUDIENCE = 'task-service-internal'
/** Each is good for a minute and one call. */
const REMEMBERED_TOKENS = 100

const claims = Compile(Type.Object({ sub: Type.String({ minLength: 1 }), exp: Type.Integer() }))

interface Options {
  keys: KeySource
  issuer: string
}

/** Service tokens of auth-service: their own type and audience, so that nobody's access token passes for one. */
async function serviceToken(app: FastifyInstance, { keys, issuer }: Options): Promise<void> {
  const claimsOf = await tokenVerifier(app, {
    type: 'service+jwt',
    issuer,
    audience: AUDIENCE,
    keys,
    isClaims: (payload): payload is { sub: string; exp: number } => claims.Check(payload),
    remembered: REMEMBERED_TOKENS,
  })
  app.addHook('onRequest', async (request) => {
    if (!namesBearer(request)) throw new TokenInvalid()
    await claimsOf(request)
  })
}

/** Every route of the scope is for auth-service alone. */
export default fp(serviceToken, { name: 'service-token' })
