import { Type } from 'typebox'
import { Email, Name, Password, Permissions, ReadOnlyFields, RoleName } from '../accounts/index.ts'

export const NewUser = Type.Object(
  {
    email: Email,
    password: Password,
    name: Type.Optional(Name),
    role: Type.Optional(RoleName),
    permissions: Type.Optional(Permissions),
  },
  { additionalProperties: false },
)

export const UserChange = Type.Object(
  {
    name: Type.Optional(Name),
    role: Type.Optional(RoleName),
    permissions: Type.Optional(Permissions),
    ...ReadOnlyFields,
  },
  { additionalProperties: false },
)

/** A query has only strings; the patterns keep the numbers in range. */
export const UserPage = Type.Object({
  skip: Type.Optional(Type.String({ pattern: '^\\d{1,9}$', description: 'Users to leave out' })),
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9]\\d*$', description: 'Users at most; above 100 is taken as 100' }),
  ),
})

export const UserParams = Type.Object({ id: Type.String({ description: '24 hex characters' }) })

export const Deleted = Type.Object({ message: Type.Literal('User deleted successfully') })
