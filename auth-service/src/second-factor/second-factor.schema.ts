import { Type } from 'typebox'
import { Password, text } from '../accounts/index.ts'

/** Six digits, or a recovery code. */
export const Otp = text(64, 'Six digits of the authenticator app, or a recovery code')

export const Enrol = Type.Object({ password: Password }, { additionalProperties: false })
export const Enrolled = Type.Object({
  secret: Type.String({ description: 'Base32, for typing' }),
  otpauth_uri: Type.String({ description: 'For a QR code' }),
})
export const Confirm = Type.Object({ otp: Otp }, { additionalProperties: false })
export const Change = Type.Object({ password: Password, otp: Otp }, { additionalProperties: false })
export const RecoveryCodes = Type.Object({
  recovery_codes: Type.Array(Type.String(), { description: 'Ten, each usable once; shown this once' }),
})
