import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Forbidden, TokenInvalid, TokenMissing } from '../errors.ts'
import { bearerToken, namesBearer } from '../platform/bearer.ts'
import { hook } from '../platform/hooks.ts'
import { type Claims, isClaims } from './claims.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { PublicKeys } from './public-keys.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

/** Who sends a request, as the access token says. */
export interface Caller {
  id: string
  isAdmin: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route behind `authenticate` */
    caller: Caller
  }
}

interface Options {
  keys: PublicKeys
  endedSessions: EndedSessions
  verified: VerifiedTokens
  issuer: string
  audience: string
}

/** Access tokens of auth-service: RFC 9068 type, ES256 alone, issuer and audience required (RFC 8725 §3). */
async function authenticate(app: FastifyInstance, options: Options): Promise<void> {
  await app.register(jwt, {
    secret: options.keys.publicKey,
    decode: { complete: true },
    verify: {
      algorithms: ['ES256'],
      allowedIss: options.issuer,
      allowedAud: options.audience,
      requiredClaims: ['exp', 'iss', 'aud', 'sub', 'sid'],
      checkTyp: 'at+jwt',
      // The library's own takes one space only.
      extractToken: bearerToken,
      cache: false,
    },
  })

  async function verify(request: FastifyRequest): Promise<Claims> {
    if (!namesBearer(request)) throw new TokenMissing()
    const token = bearerToken(request)
    if (token === undefined) throw new TokenInvalid()
    const claims: unknown = await request.jwtVerify<Record<string, unknown>>().catch((cause) => {
      request.log.info({ reason: String(cause) }, 'access token refused')
      throw new TokenInvalid()
    })
    if (!isClaims(claims)) throw new TokenInvalid()
    options.verified.add(token, claims)
    return claims
  }

  /** Asked for every request: a session ends while its tokens are still known. */
  function admit(request: FastifyRequest, { sid, sub, role }: Claims): void {
    if (options.endedSessions.isEnded(sid)) throw new TokenInvalid()
    request.caller = { id: sub, isAdmin: role === 'ADMIN' }
  }

  app.decorateRequest('caller')
  app.addHook('onRequest', (request, reply, done) => {
    const token = bearerToken(request)
    const known = token === undefined ? undefined : options.verified.get(token)
    // Most requests come with a token that is known, and wait for nothing.
    if (known) hook(() => admit(request, known))(request, reply, done)
    else
      verify(request)
        .then((claims) => admit(request, claims))
        .then(() => done(), done)
  })
}

/** For the hooks of routes that only administrators may call. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!request.caller.isAdmin) throw new Forbidden()
}

/** Every route of the scope needs an access token; `request.caller` says whose it is. */
export default fp(authenticate, { name: 'authenticate' })
