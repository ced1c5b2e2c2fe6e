import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Account } from '../accounts/index.ts'
import { Forbidden } from '../errors.ts'
import { type KeySource, tokenVerifier } from '../platform/token-verifier.ts'

/** More than the people who use one instance at a time. */
const REMEMBERED_TOKENS = 5_000

const Id = Type.String({ pattern: '^[\\da-f]{24}$' })
const Claims = Type.Object({ sub: Id, sid: Id, exp: Type.Integer() })
const claims = Compile(Claims)

/** Who sends a request. */
export interface Caller {
  account: Account
  sessionId: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route behind `authenticate` */
    caller: Caller
  }
}

export interface AuthenticateOptions {
  issuer: string
  audience: string
  keys: KeySource
  /** @throws TokenInvalid when the session or the account has ended */
  callerOf: (sessionId: string, accountId: string) => Promise<Caller>
}

/** Access tokens (RFC 9068): verified here, their session and account read from MongoDB. */
async function authenticate(app: FastifyInstance, options: AuthenticateOptions): Promise<void> {
  const { issuer, audience, keys, callerOf } = options
  const claimsOf = await tokenVerifier(app, {
    type: 'at+jwt',
    issuer,
    audience,
    keys,
    isClaims: (payload): payload is Static<typeof Claims> => claims.Check(payload),
    remembered: REMEMBERED_TOKENS,
  })
  app.decorateRequest('caller')
  // On request: nothing of a body is read for those who may not send one.
  app.addHook('onRequest', async (request) => {
    const { sub, sid } = await claimsOf(request)
    request.caller = await callerOf(sid, sub)
  })
}

/** For the hooks of routes that only administrators may call. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (request.caller.account.role !== 'ADMIN') throw new Forbidden()
}

/** Every route of the scope needs an access token; `request.caller` says whose it is. */
export default fp(authenticate, { name: 'authenticate' })
