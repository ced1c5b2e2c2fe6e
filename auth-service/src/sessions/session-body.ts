import { parse } from 'bowser'
import { type Static, Type } from 'typebox'
import type { Session } from './session.ts'

export const SessionBody = Type.Object({
  _id: Type.String({ description: '24 hex characters' }),
  device: Type.Union([Type.String(), Type.Null()], {
    description: 'For people to read, from the user agent',
  }),
  address: Type.String({ description: 'From which it was opened' }),
  created_at: Type.String({ format: 'date-time' }),
  last_used_at: Type.String({ format: 'date-time', description: 'Of the last log-in or refresh' }),
  current: Type.Boolean({ description: 'The one that asks' }),
})

const PRODUCT = /^([\w.-]+)\/[\w.]/

/** `Firefox on Linux`, `curl`; null for a user agent that says nothing. */
export function deviceName(userAgent: string): string | null {
  if (userAgent === '') return null
  const { browser, os } = parse(userAgent)
  // The library knows browsers; another client names itself first (RFC 9110 §10.1.5).
  const client = browser.name || PRODUCT.exec(userAgent)?.[1]
  return [client, os.name].filter(Boolean).join(' on ') || null
}

/** A session as its owner and administrators see it. */
export function toSessionBody(session: Session, currentId?: string): Static<typeof SessionBody> {
  return {
    _id: session.id,
    device: deviceName(session.device.userAgent),
    address: session.device.address,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    current: session.id === currentId,
  }
}
