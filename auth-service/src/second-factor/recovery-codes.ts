import { randomInt } from 'node:crypto'

/** Each code begins with its slot, so that one hash has to be tried and not ten. */
export const SLOTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k'] as const
export type Slot = (typeof SLOTS)[number]

/** Crockford's base32: no letters that are taken for digits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 50 bits behind a slow hash and a limit on attempts (NIST SP 800-63B-4 §3.1.2 asks for 20). */
const LENGTH = 10
const GROUP = 5
const CODE = new RegExp(`^([${SLOTS.join('')}])([${ALPHABET}]{${LENGTH}})$`)

export interface RecoveryCode {
  slot: Slot
  /** What is hashed and compared */
  secret: string
}

/** One for each slot. */
export function newRecoveryCodes(): RecoveryCode[] {
  return SLOTS.map((slot) => ({
    slot,
    secret: Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''),
  }))
}

/** As a person writes it down: `a-12345-67890`. */
export function toText({ slot, secret }: RecoveryCode): string {
  return `${slot}-${secret.slice(0, GROUP)}-${secret.slice(GROUP)}`
}

/** Reads what a person typed: case, blanks and hyphens make no difference. @returns undefined when it is no such code */
export function fromText(text: string): RecoveryCode | undefined {
  const [, slot, secret] = CODE.exec(text.toLowerCase().replace(/[\s-]/g, '')) ?? []
  return slot && secret ? { slot: slot as Slot, secret } : undefined
}
