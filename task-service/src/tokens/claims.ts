import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const Claims = Type.Object({
  sub: Type.String({ pattern: '^[0-9a-f]{24}$' }),
  sid: Type.String({ minLength: 1, maxLength: 128 }),
  exp: Type.Integer(),
  role: Type.Enum(['USER', 'ADMIN']),
})
export type Claims = Static<typeof Claims>

const check = Compile(Claims)

/** Whether a token's payload is that of an access token, as far as this service uses it. */
export function isClaims(payload: unknown): payload is Claims {
  return check.Check(payload)
}
