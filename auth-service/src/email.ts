import { domainToASCII, domainToUnicode } from 'node:url'
import validator from 'validator'
import { EmailInvalid } from './errors.ts'

/** RFC 5321 §4.5.3.1.3: a path of 256 octets, two of which are its angle brackets. */
const MAX_LENGTH = 254
/** What a domain can be made of; `domainToASCII` cuts off what follows another character. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.\-。．｡]+$/u
/** White space, control and format characters: they are invisible in an address that is shown. */
const INVISIBLE = /[\s\p{C}\p{Z}]/u
/** Local parts in Unicode (RFC 6531), but in no quotes; the domain has to be a name, not an address. */
const RULES = { allow_ip_domain: false, allow_utf8_local_part: true, blacklisted_chars: '"' }

export function localPart(email: string): string {
  return email.slice(0, email.lastIndexOf('@'))
}

function withDomain(email: string, convert: (domain: string) => string): string {
  const domain = email.slice(email.lastIndexOf('@') + 1)
  return DOMAIN.test(domain) ? `${localPart(email)}@${convert(domain) || domain}` : email
}

/**
 * One person's address in one spelling: trimmed, in lower case, then NFC (a capital letter can lack the composed form
 * that its small one has), an internationalised domain in Unicode.
 */
export function normalizeEmail(email: string): string {
  const address = email.trim().toLowerCase().normalize('NFC')
  return withDomain(address, (domain) => domainToUnicode(domainToASCII(domain)))
}

/**
 * Every spelling under which the account of this address may be kept: today's, and those of releases that composed
 * before they lower-cased and left domains as they were typed. The nearest to what was typed comes first.
 */
export function spellingsOf(email: string): string[] {
  const typed = email.trim().toLowerCase()
  const composedFirst = email.normalize('NFC').trim().toLowerCase()
  const today = normalizeEmail(email)
  const others = [withDomain(today, domainToASCII), today.normalize('NFD')]
  return [...new Set([typed, composedFirst, today, ...others])]
}

/**
 * The normalised address of a new account.
 * @throws EmailInvalid
 */
export function checkedEmail(email: string): string {
  const address = normalizeEmail(email)
  const ascii = withDomain(address, domainToASCII)
  const isWhole = Buffer.byteLength(ascii) <= MAX_LENGTH && !INVISIBLE.test(address)
  if (!isWhole || !validator.isEmail(ascii, RULES)) throw new EmailInvalid()
  return address
}
