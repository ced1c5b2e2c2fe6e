import { Type } from 'typebox'
import { Email, Password, text } from '../accounts/index.ts'
import { Otp } from '../second-factor/index.ts'

const Token = text(64, 'From the link in the message')

export const Forgot = Type.Object({ email: Email }, { additionalProperties: false })
export const Reset = Type.Object(
  { token: Token, new_password: Password, otp: Type.Optional(Otp) },
  { additionalProperties: false },
)
export const Verify = Type.Object({ token: Token }, { additionalProperties: false })
export const EmailChange = Type.Object(
  { new_email: Email, password: Password, otp: Type.Optional(Otp) },
  { additionalProperties: false },
)

export const ON_ITS_WAY = 'If there is an account with this address, a message with a link is on its way.'
export const Asked = Type.Object({ message: Type.Literal(ON_ITS_WAY) })
export const SENT = 'A message with a link is on its way.'
export const Sent = Type.Object({ message: Type.Literal(SENT) })
