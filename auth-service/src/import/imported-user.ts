import type { Role } from '../accounts/index.ts'
import { checkedEmail } from '../email.ts'

const BCRYPT = /^\$2[aby]\$\d\d\$[./\dA-Za-z]{53}$/
const MAX_NAME = 200
const MAX_PERMISSIONS = 100
const MAX_PERMISSION = 100

/** A document of `users` as AuthDB has them: any field may be missing or of another type. */
export interface AuthDbUser {
  email?: unknown
  password_hash?: unknown
  hashed_password?: unknown
  password?: unknown
  name?: unknown
  role?: unknown
  permissions?: unknown
  created_at?: unknown
}

export interface ImportedUser {
  email: string
  name: string | null
  /** Always: AuthDB let people choose their role when they registered */
  role: Role
  permissions: string[]
  passwordHash: string
  createdAt: Date | undefined
  claimsAdmin: boolean
}

function hashOf({ password_hash, hashed_password, password }: AuthDbUser): string | undefined {
  return [password_hash, hashed_password, password].find(
    (value): value is string => typeof value === 'string' && BCRYPT.test(value),
  )
}

function emailOf({ email }: AuthDbUser): string | undefined {
  try {
    return typeof email === 'string' ? checkedEmail(email) : undefined
  } catch {
    return undefined
  }
}

function timeOf(value: unknown): Date | undefined {
  const time = value instanceof Date || typeof value === 'string' ? new Date(value) : undefined
  return time && !Number.isNaN(time.getTime()) ? time : undefined
}

/** @returns the account to make, or why none can be */
export function readUser(user: AuthDbUser): ImportedUser | { reason: string } {
  const [email, passwordHash] = [emailOf(user), hashOf(user)]
  if (email === undefined) return { reason: 'its e-mail address cannot be one' }
  if (passwordHash === undefined) return { reason: 'it has no bcrypt hash of a password' }
  const { name, permissions, role } = user
  const texts = Array.isArray(permissions) ? permissions : []
  return {
    email,
    passwordHash,
    name: typeof name === 'string' && name !== '' ? [...name].slice(0, MAX_NAME).join('') : null,
    role: 'USER',
    permissions: texts
      .filter((text): text is string => typeof text === 'string' && [...text].length <= MAX_PERMISSION)
      .slice(0, MAX_PERMISSIONS),
    createdAt: timeOf(user.created_at),
    claimsAdmin: typeof role === 'string' && role.toUpperCase() === 'ADMIN',
  }
}
