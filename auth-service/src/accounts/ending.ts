/** Why a session ended before its time. */
export type EndReason =
  | 'logout'
  | 'ended_by_admin'
  | 'too_many'
  | 'refresh_reused'
  | 'password_changed'
  | 'password_reset'
  | 'role_changed'
  | 'locked'
  | 'account_deleted'
  | 'account_gone'
  | 'database_restored'

/** Which sessions of an account have to end because of a change of it. */
export interface Ending {
  /** Of the change: what is opened later is not concerned */
  at: Date
  reason: EndReason
  /** The id of a session that goes on */
  spared?: string
}

/** The note of an ending, made in the same write as the change. It takes the place of an older note. */
export function endingNote({ at, reason, spared }: Ending) {
  return {
    $set: { ending_sessions_at: at, ending_reason: reason, ...(spared && { ending_spared: spared }) },
    $unset: spared ? {} : { ending_spared: '' as const },
  }
}
