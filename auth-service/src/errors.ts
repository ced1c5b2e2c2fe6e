import createError from '@fastify/error'

/** Tells the audit whose account an error is about; nobody is sent it. */
export function about(accountId: string, error: Error): Error {
  return Object.assign(error, { subject: accountId })
}

/**
 * Every refusal this service makes on purpose. The code (sent in lower case) is part of the contract, the text is for
 * people: AuthDB's browser clients show it as it is. Texts without a full stop are AuthDB's own.
 */
export const EmailTaken = createError('email_taken', 'Email already registered', 400)
export const EmailInvalid = createError('email_invalid', 'Please enter a valid e-mail address.', 400)
export const CursorInvalid = createError('cursor_invalid', 'The cursor is none of this list.', 400)
export const FormMalformed = createError('malformed_form', 'The form could not be read.', 400)
export const LinkInvalid = createError(
  'token_invalid',
  'This link has expired, or was used before. Please ask for a new one.',
  400,
)
export const PasswordWeak = createError('password_weak', '%s', 400)

export const CredentialsWrong = createError('credentials_wrong', 'Incorrect email or password', 401)
export const RefreshInvalid = createError('refresh_invalid', 'Please log in again.', 401)
export const RefreshReused = createError(
  'refresh_reused',
  'This refresh token was used before; its session has been ended. Please log in again.',
  401,
)

/** Said only after the right password. */
export const OtpRequired = createError(
  'otp_required',
  'Please enter the code of your authenticator app, or a recovery code.',
  401,
)
export const OtpInvalid = createError('otp_invalid', 'This code is not right, or was used before.', 401)

export const AccountLocked = createError('account_locked', 'This account is locked.', 403)
export const PasswordWrong = createError('wrong_password', 'This is not your current password.', 403)
export const Forbidden = createError('forbidden', 'Not enough permissions', 403)

export const UserNotFound = createError('user_not_found', 'User not found', 404)
export const SessionNotFound = createError('session_not_found', 'Session not found.', 404)
export const MailOff = createError(
  'mail_off',
  'This server sends no e-mail. Please ask an administrator.',
  404,
)
export const LastAdmin = createError(
  'last_admin',
  'The last administrator cannot be demoted or deleted.',
  409,
)
export const SecondFactorOn = createError('second_factor_on', 'A second factor is already set up.', 409)
export const SecondFactorOff = createError('second_factor_off', 'No second factor is set up.', 409)
export const ChangedMeanwhile = createError(
  'changed_meanwhile',
  'The user was changed meanwhile. Please try again.',
  409,
)

export const TooManyAttempts = createError(
  'too_many_attempts',
  'Too many log-in attempts. Please wait %s seconds.',
  429,
)

/** @param seconds to wait, in the text and in `Retry-After` */
export function tooManyAttempts(seconds: number): Error {
  return Object.assign(new TooManyAttempts(seconds), { retryAfter: seconds })
}

export const TooManyMails = createError(
  'too_many_mails',
  'Too many messages were asked for. Please wait %s seconds.',
  429,
)

/** @param seconds to wait, in the text and in `Retry-After` */
export function tooManyMails(seconds: number): Error {
  return Object.assign(new TooManyMails(seconds), { retryAfter: seconds })
}

export const SecondFactorUnavailable = createError(
  'second_factor_unavailable',
  'Codes of authenticator apps cannot be checked at the moment. Please use a recovery code, or try again later.',
  503,
)
export const HashingBusy = createError(
  'hashing_busy',
  'Too many people are logging in. Please try again.',
  503,
)
