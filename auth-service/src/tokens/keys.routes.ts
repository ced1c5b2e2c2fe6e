import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { SigningKeys } from './signing-keys.ts'

const JWKS_MAX_AGE_SECONDS = 300

const Jwks = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Type.Literal('EC'),
      crv: Type.Literal('P-256'),
      x: Type.String(),
      y: Type.String(),
      kid: Type.String({ description: 'RFC 7638 thumbprint' }),
      alg: Type.Literal('ES256'),
      use: Type.Literal('sig'),
    }),
  ),
})

/** The public keys that access tokens are verified with (RFC 7517). */
export const keyRoutes: FastifyPluginAsyncTypebox<{ keys: SigningKeys }> = async (app, { keys }) => {
  app.get(
    '/.well-known/jwks.json',
    { schema: { tags: ['keys'], summary: 'Public keys', security: [], response: { 200: Jwks } } },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
      return keys.publicJwks()
    },
  )
}
