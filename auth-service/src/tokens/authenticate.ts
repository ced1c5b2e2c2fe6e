import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Account } from '../accounts/index.ts'
import { Forbidden, TokenInvalid, TokenMissing } from '../errors.ts'
import { bearerToken, namesBearer } from '../platform/bearer.ts'

const ID = /^[\da-f]{24}$/
const LIBRARY_CODE = /^(FST_JWT|FAST_JWT)_/
/** Verified tokens that are kept; more than the people who use one instance at a time. */
const CACHED_TOKENS = 5_000

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
  /** PEM of the public key with this id */
  publicKey: (kid: unknown) => string | undefined
  /** @throws TokenInvalid when the session or the account has ended */
  callerOf: (sessionId: string, accountId: string) => Promise<Caller>
}

interface CompleteToken {
  header: { kid?: unknown }
}

type PublicKey = AuthenticateOptions['publicKey']

async function verifiedClaims(
  request: FastifyRequest,
  publicKey: PublicKey,
): Promise<{ sub: string; sid: string }> {
  if (!namesBearer(request)) throw new TokenMissing()
  try {
    // The library remembers tokens that it has verified; with a key that was taken away they stop counting.
    const { header } = await request.jwtDecode<CompleteToken>()
    if (!publicKey(header.kid)) throw new TokenInvalid()
    const { sub, sid } = await request.jwtVerify<{ sub: string; sid: string }>()
    if (ID.test(sub) && ID.test(sid)) return { sub, sid }
  } catch (error) {
    if (!(error instanceof TokenInvalid) && !LIBRARY_CODE.test((error as { code?: string }).code ?? ''))
      throw error
  }
  throw new TokenInvalid()
}

async function authenticate(app: FastifyInstance, options: AuthenticateOptions): Promise<void> {
  await app.register(jwt, {
    secret: {
      public: async (_request: FastifyRequest, token: unknown) => {
        const key = options.publicKey((token as CompleteToken).header.kid)
        if (!key) throw new TokenInvalid()
        return key
      },
    },
    decode: { complete: true },
    verify: {
      algorithms: ['ES256'],
      allowedIss: options.issuer,
      allowedAud: options.audience,
      requiredClaims: ['exp', 'iss', 'aud', 'sub', 'sid'],
      checkTyp: 'at+jwt',
      // The library's own takes one space only.
      extractToken: bearerToken,
      cache: CACHED_TOKENS,
    },
  })
  app.decorateRequest('caller')
  // On request: nothing of a body is read for those who may not send one.
  app.addHook('onRequest', async (request) => {
    const { sub, sid } = await verifiedClaims(request, options.publicKey)
    request.caller = await options.callerOf(sid, sub)
  })
}

/** For the hooks of routes that only administrators may call. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (request.caller.account.role !== 'ADMIN') throw new Forbidden()
}

/** Everything registered beside it asks for an access token: verified here, its session and account read from MongoDB. */
export default fp(authenticate, { name: 'authenticate' })
