import type { Message } from './message.ts'

type Letter = Omit<Message, 'to'>

const LINK_MINUTES = 30
const IGNORE = 'If it was not you, ignore this message: nothing has changed.'

function letter(subject: string, ...paragraphs: string[]): Letter {
  return { subject, text: `${paragraphs.join('\n\n')}\n` }
}

/** With a link, to whoever may have forgotten a password. */
export function passwordReset(email: string, link: string): Letter {
  return letter(
    'Your new AuthDB password',
    `Somebody asked for a new password for the AuthDB account of ${email}.`,
    `If it was you, choose one within ${LINK_MINUTES} minutes here:`,
    link,
    IGNORE,
  )
}

/** With a link, to a new account's address. */
export function addressCheck(email: string, link: string): Letter {
  return letter(
    'Please confirm your e-mail address',
    `An AuthDB account was made with the address ${email}.`,
    `If it is yours, confirm the address within ${LINK_MINUTES} minutes here:`,
    link,
    'If you have made no account, ignore this message.',
  )
}

/** With a link, to an address that an account is to have. */
export function addressChange(newEmail: string, link: string): Letter {
  return letter(
    'Please confirm your new e-mail address',
    `The owner of an AuthDB account wants to change its address to ${newEmail}.`,
    `If it was you, confirm that within ${LINK_MINUTES} minutes here:`,
    link,
    IGNORE,
  )
}

const CHANGES = {
  password_changed: 'Your password was changed. Your other sessions have ended.',
  password_reset:
    'Your password was replaced through a link in a message to this address. All sessions have ended.',
  second_factor_on: 'A second factor was set up: logging in now takes a code of an authenticator app.',
  second_factor_off: 'The second factor was turned off: logging in now takes the password alone.',
  recovery_codes_renewed: 'Ten new recovery codes were made. The old ones are worth nothing any more.',
  recovery_code_used: 'A recovery code was used in the place of a code of your authenticator app.',
  role_changed: 'An administrator has changed your role. Your sessions have ended.',
  email_changing:
    'Somebody who knows your password asked to change the e-mail address of your account. It changes when the link sent to the new address is used.',
  email_changed: 'The e-mail address of your account was changed. Messages now go to the new one.',
} as const
export type Change = keyof typeof CHANGES

/** To the owner of an account that has changed (NIST SP 800-63B-4 §4.6). */
export function changeNotice(email: string, change: Change): Letter {
  return letter(
    'Your AuthDB account was changed',
    `This is about the AuthDB account of ${email}.`,
    CHANGES[change],
    'If it was not you, choose a new password at once and look at your sessions.',
  )
}
