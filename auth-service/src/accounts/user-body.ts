import type { Account } from './account.ts'
import type { UserBody } from './accounts.schema.ts'

/** An account as clients see it: never a hash. */
export function toUserBody(account: Account): UserBody {
  const { id, email, name, role, permissions, createdAt, emailVerifiedAt } = account
  return {
    _id: id,
    email,
    name,
    role,
    permissions,
    email_verified: emailVerifiedAt !== null,
    created_at: createdAt.toISOString(),
  }
}
