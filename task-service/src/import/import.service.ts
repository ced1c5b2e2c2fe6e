import type { NewTaskFields } from '../tasks/index.ts'
import type { AuthDbTasks, ImportRepository, Owners, Progress } from './import.repository.ts'
import { ownerOf, readTask } from './imported-task.ts'

/** Tasks in memory at once */
const BATCH = 500
const START: Progress = { after: undefined, read: 0, taken: 0, known: 0, skipped: 0 }

export interface ImportOptions {
  from: Pick<AuthDbTasks, 'page' | 'countOdd'>
  owners: Pick<Owners, 'existing'>
  to: ImportRepository
  /** Names the source, so that an interrupted import of it goes on */
  source: string
  /** A line of the report */
  report: (line: string) => void
  progress: (counts: Progress) => void
}

/**
 * Copies the tasks of an AuthDB whose owners have accounts. Repeatable: what is there already stays as it is.
 * @returns the counts, those of an interrupted import that this one continued included
 */
export async function importTasks(options: ImportOptions): Promise<Progress> {
  const { from, to, source, report, progress } = options
  const before = await to.load(source)
  if (before) report(`going on after task ${before.after}, where an import was interrupted`)
  let counts: Progress = before ?? START
  for (;;) {
    const page = await from.page(counts.after, BATCH)
    const last = page.at(-1)
    if (!last) break
    const { good, taken } = await importPage(page, options)
    counts = {
      after: last.id,
      read: counts.read + page.length,
      taken: counts.taken + taken,
      known: counts.known + good - taken,
      skipped: counts.skipped + page.length - good,
    }
    await to.save(source, counts)
    progress(counts)
  }
  const odd = await from.countOdd()
  if (odd > 0) report(`skipped ${odd} tasks: their ids are no ObjectIds`)
  await to.finish(source)
  return { ...counts, read: counts.read + odd, skipped: counts.skipped + odd }
}

type Page = Awaited<ReturnType<AuthDbTasks['page']>>

async function importPage(page: Page, { owners, to, report }: ImportOptions) {
  const ids = page.map(ownerOf).filter((id) => id !== undefined)
  const existing = await owners.existing([...new Set(ids)])
  const good: (NewTaskFields & { id: string })[] = []
  for (const { id, madeAt, ...document } of page) {
    const task = readTask(document, madeAt)
    if ('reason' in task) report(`skipped task ${id}: ${task.reason}`)
    else if (!existing.has(task.ownerId))
      report(`skipped task ${id}: its owner ${task.ownerId} has no account`)
    else good.push({ ...task, id })
  }
  return { good: good.length, taken: await to.insert(good) }
}
