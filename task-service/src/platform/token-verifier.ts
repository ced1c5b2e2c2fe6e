import createError from '@fastify/error'
import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerToken, namesBearer } from './bearer.ts'
import { VerifiedTokens } from './verified-tokens.ts'

export const TokenMissing = createError('token_missing', 'Not authenticated', 401)
export const TokenInvalid = createError('invalid_token', 'Could not validate credentials', 401)

const LIBRARY_CODE = /^(FST_JWT|FAST_JWT)_/

/** Public keys as PEM, by their id. */
export interface KeySource {
  /** The key that has this id now */
  current(kid: string): string | undefined
  /** As `current`, after a look for new keys where that may help; never rejects */
  find(kid: string): Promise<string | undefined>
}

export interface TokenRules<Claims> {
  /** `typ` of the header: a token of one kind never passes for another (RFC 8725 §3.11). */
  type: string
  issuer: string
  audience: string
  isClaims: (payload: unknown) => payload is Claims
  keys: KeySource
  /** Verified tokens to remember at most, about 1 KiB each */
  remembered: number
}

interface CompleteToken {
  header: { kid: string }
  payload: unknown
}

async function registerLibrary<Claims>(app: FastifyInstance, rules: TokenRules<Claims>): Promise<void> {
  const publicKey = async (_request: FastifyRequest, token: unknown): Promise<string> => {
    const { kid } = (token as { header: { kid?: unknown } }).header
    const key = typeof kid === 'string' ? await rules.keys.find(kid) : undefined
    if (key === undefined) throw new TokenInvalid()
    return key
  }
  await app.register(jwt, {
    secret: { public: publicKey },
    decode: { complete: true },
    verify: {
      complete: true,
      algorithms: ['ES256'],
      allowedIss: rules.issuer,
      allowedAud: rules.audience,
      requiredClaims: ['exp', 'iss', 'aud', 'sub'],
      checkTyp: rules.type,
      // The library's own takes one space only.
      extractToken: bearerToken,
      // What was verified is remembered here, with the key that has verified it.
      cache: false,
    },
  })
}

/** Anything that goes wrong with a token refuses it; what is no fault of the token is an error in the log. */
function refuse(request: FastifyRequest, cause: { code?: string }): never {
  const isExpected = cause instanceof TokenInvalid || LIBRARY_CODE.test(cause.code ?? '')
  request.log[isExpected ? 'info' : 'error']({ reason: String(cause) }, 'token refused')
  throw new TokenInvalid()
}

/**
 * Signed tokens of auth-service: ES256 alone, type, issuer and audience required (RFC 8725 §3).
 * @returns reads the claims of the token that a request carries, at once when it is one that was verified before.
 * @throws TokenMissing, TokenInvalid
 */
export async function tokenVerifier<Claims extends { exp: number }>(
  app: FastifyInstance,
  rules: TokenRules<Claims>,
): Promise<(request: FastifyRequest) => Claims | Promise<Claims>> {
  const verified = new VerifiedTokens<Claims>(rules.remembered, (kid) => rules.keys.current(kid))
  await registerLibrary(app, rules)

  async function verify(request: FastifyRequest, authorization: string): Promise<Claims> {
    const { header, payload } = await request
      .jwtVerify<CompleteToken>()
      .catch((cause) => refuse(request, cause))
    if (!rules.isClaims(payload)) throw new TokenInvalid()
    const key = rules.keys.current(header.kid)
    if (key !== undefined) verified.add(authorization, { claims: payload, kid: header.kid, key })
    return payload
  }

  return (request) => {
    const { authorization } = request.headers
    if (authorization === undefined || !namesBearer(request)) throw new TokenMissing()
    // Known by the whole header: a known one needs not be taken apart.
    const known = verified.get(authorization)
    if (known) return known
    if (bearerToken(request) === undefined) throw new TokenInvalid()
    return verify(request, authorization)
  }
}
