import { dictionary } from '@zxcvbn-ts/language-common'
import { PasswordWeak } from '../errors.ts'
import { normalizePassword } from './password-hasher.ts'

const MAX_LENGTH = 128
/** A shorter local part of an address occurs in many good passwords by chance. */
const MIN_PERSONAL_LENGTH = 4
const PRODUCT = 'authdb'
/** 49,000 passwords from breaches, kept by the zxcvbn-ts project. */
const COMMON = new Set(dictionary['passwords-common'])

/** The shortest text whose repetition is this one; itself when it repeats nothing. */
function repeatedUnit(text: string): string {
  const period = (text + text).indexOf(text, 1)
  return text.slice(0, period)
}

/** `abcdefgh…`, `98765…`, also over the end of the digits: `1234567890123…` */
function isSequence(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0)
  const steps = points.slice(1).map((point, i) => point - (points[i] ?? 0))
  return steps.every((step) => step === 1 || step === -9) || steps.every((step) => step === -1 || step === 9)
}

function isCommon(password: string): boolean {
  const text = password.toLowerCase()
  const unit = repeatedUnit(text)
  const isRepetition = unit.length < text.length
  if (COMMON.has(text) || (isRepetition && (unit.length <= MIN_PERSONAL_LENGTH || COMMON.has(unit))))
    return true
  return isSequence(text)
}

/** @returns one sentence on what to change, or undefined for an acceptable password */
function weakness(password: string, emailLocalPart: string, minLength: number): string | undefined {
  const text = normalizePassword(password)
  const length = [...text].length
  if (length < minLength) return `Please choose a password of at least ${minLength} characters.`
  if (length > MAX_LENGTH) return `Please choose a password of at most ${MAX_LENGTH} characters.`
  if (isCommon(text)) return 'This password is among the most common ones. Please choose another.'
  const lower = text.toLowerCase()
  const personal = normalizePassword(emailLocalPart).toLowerCase()
  if ([...personal].length >= MIN_PERSONAL_LENGTH && lower.includes(personal)) {
    return 'Please choose a password that does not contain your e-mail address.'
  }
  return lower.includes(PRODUCT)
    ? 'Please choose a password that does not contain the name of this product.'
    : undefined
}

/**
 * The rules for a new password: NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 5.0 §6.2. Length counts code points after
 * NFKC; nothing is asked of its composition.
 * @throws PasswordWeak with a sentence for the person who typed it
 */
export function checkPassword(password: string, emailLocalPart: string, minLength: number): void {
  const sentence = weakness(password, emailLocalPart, minLength)
  if (sentence) throw new PasswordWeak(sentence)
}
