import { type Static, Type } from 'typebox'
import { Email, Ignored, Password } from '../accounts/accounts.schema.ts'

export const Tokens = Type.Object({
  access_token: Type.String({ description: 'JWT (RFC 9068), ES256' }),
  token_type: Type.Literal('bearer'),
  expires_in: Type.Integer({ description: 'Life of the access token (s)' }),
  refresh_token: Type.String({ description: 'Opaque; used once' }),
})

const JsonLogin = Type.Object({ email: Email, password: Password }, { additionalProperties: false })

/** OAuth 2.0's password form, as AuthDB took it; all but the two is ignored. */
const FormLogin = Type.Object(
  {
    username: Email,
    password: Password,
    grant_type: Ignored,
    scope: Ignored,
    client_id: Ignored,
    client_secret: Ignored,
  },
  { additionalProperties: false },
)
export type LoginBody = Static<typeof JsonLogin> | Static<typeof FormLogin>

/** The same route takes JSON and both kinds of forms; each is checked by a schema of its own. */
export const Login = {
  content: {
    'application/json': { schema: JsonLogin },
    'application/x-www-form-urlencoded': { schema: FormLogin },
    'multipart/form-data': { schema: FormLogin },
  },
}

export const Refresh = Type.Object(
  { refresh_token: Type.String({ maxLength: 512 }) },
  { additionalProperties: false },
)

export const LogoutQuery = Type.Object({
  scope: Type.Optional(
    Type.Enum(['local', 'others', 'global'], {
      description: 'Which sessions end: this one (default), all others, or all',
    }),
  ),
})
