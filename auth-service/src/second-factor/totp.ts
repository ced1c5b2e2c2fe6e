import { Secret, TOTP } from 'otpauth'

/** RFC 6238 with the values that every authenticator app knows. */
const PERIOD_SECONDS = 30
const DIGITS = 6
/** RFC 4226 §4: the length of the HMAC */
const SECRET_BYTES = 20
/** RFC 6238 §5.2: one step back for slow networks, one ahead for clocks. */
const WINDOW_STEPS = 1
const CODE = /^\d{6}$/

function totpOf(secret: string, issuer?: string, label?: string): TOTP {
  return new TOTP({
    secret: Secret.fromBase32(secret),
    digits: DIGITS,
    period: PERIOD_SECONDS,
    ...(issuer !== undefined && { issuer }),
    ...(label !== undefined && { label }),
  })
}

/** @returns a new secret, base32 */
export function newSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32
}

/** What an authenticator app reads from a QR code. */
export function otpauthUri(secret: string, issuer: string, email: string): string {
  return totpOf(secret, issuer, email).toString()
}

export function isCode(otp: string): boolean {
  return CODE.test(otp)
}

/**
 * The time step a code belongs to, so that the caller can see to it that each step counts once (RFC 6238 §5.2).
 * @param now milliseconds since 1970
 * @returns undefined when the code is of none of the steps that are accepted at `now`
 */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  const distance = totpOf(secret).validate({ token: code, timestamp: now, window: WINDOW_STEPS })
  return distance === null ? undefined : Math.floor(now / 1000 / PERIOD_SECONDS) + distance
}
