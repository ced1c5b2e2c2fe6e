export type Role = 'USER' | 'ADMIN'

/** A person's account as the rules see it. */
export interface Account {
  /** 24 hex characters; `sub` of tokens and `owner_id` of tasks */
  id: string
  /** Trimmed and in lower case */
  email: string
  /** null when none was given, as in AuthDB */
  name: string | null
  role: Role
  permissions: string[]
  createdAt: Date
  lockedAt: Date | null
  /** When a link sent to the address was used; null while it may be anybody's */
  emailVerifiedAt: Date | null
  /** A log-in whose password was looked at before it is none */
  passwordChangedAt: Date | null
}

export interface NewAccount {
  email: string
  name: string | null
  role: Role
  permissions: string[]
  passwordHash: string
}
