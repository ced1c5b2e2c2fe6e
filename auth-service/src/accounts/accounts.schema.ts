import { type Static, Type } from 'typebox'

/** No NUL (MongoDB and C libraries end a string there) and no lone surrogate (not a character, and not UTF-8). */
const TEXT = '^[^\\u0000\\uD800-\\uDFFF]*$'

export const text = (maxLength: number, description: string) =>
  Type.String({ maxLength, pattern: TEXT, description })

export const Email = text(320, 'Trimmed and lower-cased')
export const Password = text(1_024, 'Any Unicode characters')
export const Name = Type.Union([text(200, 'For people to read'), Type.Null()])
export const RoleName = Type.Enum(['USER', 'ADMIN'])
export const Permissions = Type.Array(text(100, 'One permission'), { maxItems: 100 })
/** Taken and not looked at. */
export const Ignored = Type.Optional(Type.Unknown({ description: 'Accepted and ignored' }))

export const User = Type.Object({
  _id: Type.String({ description: '24 hex characters' }),
  email: Type.String(),
  name: Type.Union([Type.String(), Type.Null()]),
  role: RoleName,
  permissions: Type.Array(Type.String()),
  email_verified: Type.Boolean({ description: 'A link sent to the address was used' }),
  created_at: Type.String({ format: 'date-time' }),
})
export type UserBody = Static<typeof User>

/** `role` and `permissions` are what AuthDB's clients send; nobody gives themselves a role here. */
export const Registration = Type.Object(
  {
    email: Email,
    password: Password,
    name: Type.Optional(Name),
    role: Ignored,
    permissions: Ignored,
  },
  { additionalProperties: false },
)

/** Fields the service itself sends, so that a client can put back what it read. */
export const ReadOnlyFields = { _id: Ignored, email: Ignored, email_verified: Ignored, created_at: Ignored }

export const ProfileChange = Type.Object(
  { name: Type.Optional(Name), ...ReadOnlyFields, role: Ignored, permissions: Ignored },
  { additionalProperties: false },
)
