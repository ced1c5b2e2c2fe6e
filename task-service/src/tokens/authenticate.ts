import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Forbidden } from '../errors.ts'
import { hookThatMayWait } from '../platform/hooks.ts'
import { type KeySource, TokenInvalid, tokenVerifier } from '../platform/token-verifier.ts'
import { type Claims, isClaims } from './claims.ts'

/** More than the access tokens in use at one time. */
const REMEMBERED_TOKENS = 20_000

/** Who sends a request, as the access token says. */
export interface Caller {
  id: string
  isAdmin: boolean
  sessionId: string
  /** Of the token, in milliseconds since the epoch */
  expiresAt: number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route behind `authenticate` */
    caller: Caller
  }
}

interface Options {
  issuer: string
  audience: string
  keys: KeySource
  endedSessions: { isEnded(sessionId: string): boolean }
}

/** Access tokens of auth-service (RFC 9068). */
async function authenticate(app: FastifyInstance, options: Options): Promise<void> {
  const { issuer, audience, keys, endedSessions } = options
  const claimsOf = await tokenVerifier(app, {
    type: 'at+jwt',
    issuer,
    audience,
    keys,
    isClaims,
    remembered: REMEMBERED_TOKENS,
  })

  /** Asked for every request: a session ends while its tokens are still known. */
  function admit(request: FastifyRequest, { sid, sub, role, exp }: Claims): void {
    if (endedSessions.isEnded(sid)) throw new TokenInvalid()
    request.caller = { id: sub, isAdmin: role === 'ADMIN', sessionId: sid, expiresAt: exp * 1000 }
  }

  app.decorateRequest('caller')
  app.addHook(
    'onRequest',
    hookThatMayWait((request) => {
      const claims = claimsOf(request)
      // Most requests come with a token that is known, and wait for nothing.
      return claims instanceof Promise
        ? claims.then((verified) => admit(request, verified))
        : admit(request, claims)
    }),
  )
}

/** For the hooks of routes that only administrators may call. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!request.caller.isAdmin) throw new Forbidden()
}

/** Every route of the scope needs an access token; `request.caller` says whose it is. */
export default fp(authenticate, { name: 'authenticate' })
