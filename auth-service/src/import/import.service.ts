import { spellingsOf } from '../email.ts'
import type { AuthDbUsers, ImportRepository, Progress } from './import.repository.ts'
import { type ImportedUser, readUser } from './imported-user.ts'

/** Users in memory at once */
const BATCH = 500
const START: Progress = { after: undefined, read: 0, taken: 0, known: 0, skipped: 0 }

export interface ImportOptions {
  from: Pick<AuthDbUsers, 'page' | 'countOdd'>
  to: ImportRepository
  /** Names the source, so that an interrupted import of it goes on */
  source: string
  /** A line of the report */
  report: (line: string) => void
  progress: (counts: Progress) => void
}

/**
 * Copies the accounts of an AuthDB. Repeatable: what is there already stays as it is, and what was deleted here stays deleted.
 * @returns the counts, those of an interrupted import that this one continued included
 */
export async function importUsers(options: ImportOptions): Promise<Progress> {
  const { from, to, source, report, progress } = options
  const before = await to.load(source)
  if (before) report(`going on after user ${before.after}, where an import was interrupted`)
  let counts: Progress = before ?? START
  for (;;) {
    const page = await from.page(counts.after, BATCH)
    const last = page.at(-1)
    if (!last) break
    const result = await importPage(page, options)
    counts = {
      after: last.id,
      read: counts.read + page.length,
      taken: counts.taken + result.taken,
      known: counts.known + result.known,
      skipped: counts.skipped + page.length - result.taken - result.known,
    }
    await to.save(source, counts)
    progress(counts)
  }
  const odd = await from.countOdd()
  if (odd > 0) report(`skipped ${odd} users: their ids are no ObjectIds`)
  await to.finish(source)
  return { ...counts, read: counts.read + odd, skipped: counts.skipped + odd }
}

type Page = Awaited<ReturnType<AuthDbUsers['page']>>

async function importPage(
  page: Page,
  { to, report }: ImportOptions,
): Promise<{ taken: number; known: number }> {
  const { present, erased } = await to.known(page.map(({ id }) => id))
  const skip = (id: string, reason: string) => report(`skipped user ${id}: ${reason}`)
  const wanted = new Map<string, ImportedUser & { id: string }>()
  for (const { id, ...document } of page) {
    if (present.has(id)) continue
    const user = readUser(document)
    if (erased.has(id)) skip(id, 'it was deleted here')
    else if ('reason' in user) skip(id, user.reason)
    else if (wanted.has(user.email)) skip(id, `its address belongs to user ${wanted.get(user.email)?.id}`)
    else wanted.set(user.email, { ...user, id })
  }
  const users = await withoutTaken([...wanted.values()], to, skip)
  const late = new Set(await to.insert(users))
  for (const id of late) skip(id, 'its address was registered meanwhile')
  for (const { id, email, claimsAdmin } of users)
    if (claimsAdmin && !late.has(id)) report(`claims to be ADMIN, and is USER now: ${email}`)
  return { taken: users.length - late.size, known: present.size }
}

async function withoutTaken(
  users: (ImportedUser & { id: string })[],
  to: ImportRepository,
  skip: (id: string, reason: string) => void,
) {
  const taken = await to.takenEmails(users.flatMap(({ email }) => spellingsOf(email)))
  const isTaken = ({ email }: ImportedUser) => spellingsOf(email).some((spelling) => taken.has(spelling))
  for (const user of users) if (isTaken(user)) skip(user.id, 'its address belongs to another account')
  return users.filter((user) => !isTaken(user))
}
