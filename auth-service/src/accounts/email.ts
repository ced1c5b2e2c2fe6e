import { EmailInvalid } from '../errors.ts'

/** RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all. */
const MAX_LENGTH = 254
const MAX_LOCAL_LENGTH = 64
/** Something before one @, a domain with a dot after it, no white space or control characters. */
const SHAPE = /^[^\s@\p{C}]+@[^\s@\p{C}.]+(\.[^\s@\p{C}.]+)+$/u

/** One person's address in one spelling: NFC, trimmed, in lower case. */
export function normalizeEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase()
}

export function localPart(email: string): string {
  return email.slice(0, email.lastIndexOf('@'))
}

/**
 * The normalised address of a new account.
 * @throws EmailInvalid
 */
export function checkedEmail(email: string): string {
  const address = normalizeEmail(email)
  const bytes = Buffer.byteLength(address)
  if (
    bytes > MAX_LENGTH ||
    Buffer.byteLength(localPart(address)) > MAX_LOCAL_LENGTH ||
    !SHAPE.test(address)
  ) {
    throw new EmailInvalid()
  }
  return address
}
