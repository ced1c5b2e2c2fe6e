import { DueDateInvalid } from '../errors.ts'
import type { NewTaskFields, Task } from './task.ts'
import type { NewTask, TaskChanges } from './tasks.schema.ts'

const LAST_YEAR = 9999

/** @throws DueDateInvalid */
export function toFields(ownerId: string, input: NewTask, now: Date): NewTaskFields {
  const completed = input.completed ?? false
  return {
    ownerId,
    title: input.title,
    description: input.description ?? null,
    completed,
    completedAt: completed ? now : null,
    dueAt: toDate(input.due_at),
    priority: input.priority ?? 0,
    labels: input.labels ?? [],
    createdAt: now,
    updatedAt: now,
  }
}

/** RFC 7396: null gives a field its default back. */
export function applied(task: Task, changes: TaskChanges): Task {
  const now = new Date()
  const completed = changes.completed === undefined ? task.completed : (changes.completed ?? false)
  return {
    ...task,
    title: changes.title ?? task.title,
    description: changes.description === undefined ? task.description : changes.description,
    completed,
    completedAt: completed ? (task.completedAt ?? now) : null,
    dueAt: changes.due_at === undefined ? task.dueAt : toDate(changes.due_at),
    priority: changes.priority === undefined ? task.priority : (changes.priority ?? 0),
    labels: changes.labels === undefined ? task.labels : (changes.labels ?? []),
    updatedAt: now,
  }
}

/**
 * RFC 3339 knows leap seconds, JavaScript does not; in UTC a time at the edge can leave the years it knows.
 * @throws DueDateInvalid
 */
export function toDate(text: string | null | undefined, path = 'due_at'): Date | null {
  if (!text) return null
  const date = new Date(text)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= LAST_YEAR)) throw new DueDateInvalid(path)
  return date
}

/** In the bin, where it stays for so long. */
export function binned(task: Task, now: Date, retentionMs: number): Task {
  return { ...task, deletedAt: now, purgeAt: new Date(now.getTime() + retentionMs), updatedAt: now }
}
