import { type Static, Type } from 'typebox'
import { Email, Ignored, Password, text } from '../accounts/index.ts'

const otp = Type.Optional(text(64, 'Where a second factor is set up: six digits, or a recovery code'))

const JsonLogin = Type.Object({ email: Email, password: Password, otp }, { additionalProperties: false })

/** OAuth 2.0's password form, as AuthDB took it; all but the two is ignored. */
const FormLogin = Type.Object(
  {
    username: Email,
    password: Password,
    otp,
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
