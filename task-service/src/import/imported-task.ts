import type { NewTaskFields } from '../tasks/index.ts'

const MAX_TITLE = 200
const MAX_DESCRIPTION = 4_000
const ID = /^[\da-f]{24}$/i

/** A document of `tasks` as AuthDB has them: any field may be missing or of another type. */
export interface AuthDbTask {
  title?: unknown
  description?: unknown
  completed?: unknown
  owner_id?: unknown
  created_at?: unknown
  updated_at?: unknown
}

function timeOf(value: unknown): Date | undefined {
  const time = value instanceof Date || typeof value === 'string' ? new Date(value) : undefined
  return time && !Number.isNaN(time.getTime()) ? time : undefined
}

/** AuthDB kept it as an id or as its text. */
export function ownerOf({ owner_id }: AuthDbTask): string | undefined {
  const text = String(owner_id ?? '')
  return ID.test(text) ? text.toLowerCase() : undefined
}

/**
 * @param madeAt when the id was made
 * @returns the task to make, or why none can be
 */
export function readTask(task: AuthDbTask, madeAt: Date): NewTaskFields | { reason: string } {
  const ownerId = ownerOf(task)
  if (ownerId === undefined) return { reason: 'its owner_id is no id' }
  const { title, description } = task
  if (typeof title !== 'string' || title.trim() === '') return { reason: 'it has no title' }
  if ([...title].length > MAX_TITLE) return { reason: `its title is longer than ${MAX_TITLE} characters` }
  const text = typeof description === 'string' ? description : null
  if (text !== null && [...text].length > MAX_DESCRIPTION)
    return { reason: `its description is longer than ${MAX_DESCRIPTION} characters` }
  const createdAt = timeOf(task.created_at) ?? madeAt
  const updatedAt = timeOf(task.updated_at) ?? createdAt
  const completed = task.completed === true
  return {
    ownerId,
    title,
    description: text,
    completed,
    completedAt: completed ? updatedAt : null,
    dueAt: null,
    priority: 0,
    labels: [],
    createdAt,
    updatedAt,
  }
}
