export type Role = 'USER' | 'ADMIN'

/** A person's account as the rules see it. */
export interface Account {
  /** 24 hex characters; `sub` of tokens and `owner_id` of tasks */
  id: string
  /** Trimmed and in lower case */
  email: string
  name: string
  role: Role
  permissions: string[]
  createdAt: Date
  lockedAt: Date | null
}

export interface NewAccount {
  email: string
  name: string
  role: Role
  permissions: string[]
  passwordHash: string
}
