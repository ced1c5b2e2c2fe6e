import { signal } from '@preact/signals'
import { send } from './client.ts'

/** What a link in a message is for, and the form that has one sent. */
export type AccountLink = { kind: 'reset' | 'verify'; token: string } | { kind: 'forgot' }

/** Undefined = the page shows its views. */
export const accountLink = signal<AccountLink | undefined>(undefined)

const FRAGMENT = /^#(reset|verify)=([\w-]{43})$/

/** Takes the token out of the address, so that it is neither bookmarked nor seen over a shoulder. */
export function takeLink(): void {
  const [, kind, token] = FRAGMENT.exec(location.hash) ?? []
  if (token === undefined) return
  history.replaceState(null, '', location.pathname + location.search)
  accountLink.value = { kind: kind === 'reset' ? 'reset' : 'verify', token }
}

/** @throws ApiError */
export async function askForLink(email: string): Promise<void> {
  await send({ method: 'POST', path: '/auth/password/forgot', body: { email } })
}

/** @throws ApiError; `otp_required` where a second factor is set up */
export async function resetPassword(token: string, password: string, otp: string): Promise<void> {
  const body = { token, new_password: password, ...(otp && { otp }) }
  await send({ method: 'POST', path: '/auth/password/reset', body })
}

/** @throws ApiError */
export async function confirmAddress(token: string): Promise<void> {
  await send({ method: 'POST', path: '/auth/email/verify', body: { token } })
}
