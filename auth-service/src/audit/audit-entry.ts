export const ACTIONS = [
  'login.succeeded',
  'login.refused',
  'login.locked',
  'attempt.throttled',
  'refresh.reused',
  'otp.required',
  'otp.refused',
  'otp.enabled',
  'otp.removed',
  'recovery_codes.renewed',
  'password.refused',
  'session.ended',
  'account.registered',
  'account.deleted',
  'password.changed',
  'password.reset_requested',
  'password.reset',
  'email.change_requested',
  'email.changed',
  'email.verified',
  'user.created',
  'user.promoted',
  'users.imported',
  'database.restored',
  'user.changed',
  'user.deleted',
  'user.locked',
  'user.unlocked',
  'user.sessions_ended',
] as const
export type AuditAction = (typeof ACTIONS)[number]

/** What is known of an act where it happens. */
export interface Act {
  action: AuditAction
  /** The account that acted; null when nobody was logged in */
  actorId: string | null
  /** The account it was about; null when there is none with that address */
  userId: string | null
  address: string
  userAgent: string
  requestId: string
}

/** What nobody asked for by HTTP. @param by the command, or the part of the service, that did it */
export function systemAct(action: AuditAction, userId: string | null, by: string): Act {
  return { action, actorId: null, userId, address: '', userAgent: `auth-service ${by}`, requestId: '' }
}

/** An act in the record. */
export interface AuditEntry extends Act {
  id: string
  at: Date
  /** One process: its sequence begins at 1 and has a gap where entries were lost */
  instance: string
  sequence: number
}

export type NewEntry = Omit<AuditEntry, 'id'>
