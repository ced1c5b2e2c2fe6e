/** A log-in: one refresh-token family, and the `sid` of every access token it was given. */
export interface Session {
  /** 24 hex characters */
  id: string
  userId: string
  /** The number of the refresh token in use; each rotation adds one */
  counter: number
  rotatedAt: Date
  revokedAt: Date | null
  expiresAt: Date
}

export interface Device {
  address: string
  userAgent: string
}

export type EndReason = 'logout' | 'refresh_reused' | 'role_changed' | 'account_deleted' | 'account_gone'
