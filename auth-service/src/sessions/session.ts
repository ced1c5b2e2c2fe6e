/** A log-in: one refresh-token family, and the `sid` of every access token it was given. */
export interface Session {
  /** 24 hex characters */
  id: string
  userId: string
  /** The number of the refresh token in use; each rotation adds one */
  counter: number
  /** When each of the last refresh tokens was rotated out, by its number */
  rotations: ReadonlyMap<number, Date>
  revokedAt: Date | null
  createdAt: Date
  /** Of the last log-in or refresh */
  lastUsedAt: Date
  /** Until then one of its access tokens is good */
  accessUntil: Date
  device: Device
  expiresAt: Date
}

export interface Device {
  address: string
  userAgent: string
}

/** Sessions that go on while the others of their user end. */
export interface Spared {
  id?: string
  openedSince?: Date
}
