import type { ObjectId } from 'mongodb'
import { fold, wordsOf } from './folding.ts'
import { FIRST_VERSION, type Task } from './task.ts'

/** As it is stored. Tasks of an imported AuthDB may lack what came later. */
export interface TaskDocument {
  _id: ObjectId
  owner_id: ObjectId
  title: string
  description: string | null
  completed: boolean
  completed_at: Date | null
  due_at: Date | null
  priority: number
  labels: string[]
  /** Missing or null in what was imported */
  version: number | null
  created_at: Date
  updated_at: Date
  /** What lists by title are sorted by; no server's collation is needed */
  title_key?: string
  /** What it is found by */
  words?: string[]
  deleted_at?: Date | null
  /** When the database removes it, at the earliest */
  purge_at?: Date | null
}

type Columns = Omit<TaskDocument, '_id' | 'owner_id' | 'created_at'>

/** What others are derived from. */
export function derived({
  title,
  description,
  labels,
}: Pick<TaskDocument, 'title' | 'description' | 'labels'>) {
  return { title_key: fold(title), words: wordsOf([title, description ?? '', ...(labels ?? [])]) }
}

/** All that can change. */
export function toColumns(task: Omit<Task, 'id' | 'ownerId' | 'createdAt'>): Columns {
  return {
    title: task.title,
    description: task.description,
    completed: task.completed,
    completed_at: task.completedAt,
    due_at: task.dueAt,
    priority: task.priority,
    labels: task.labels,
    version: task.version,
    updated_at: task.updatedAt,
    deleted_at: task.deletedAt,
    purge_at: task.purgeAt,
    ...derived(task),
  }
}

export function toTask(document: TaskDocument): Task {
  return {
    id: document._id.toHexString(),
    ownerId: document.owner_id.toHexString(),
    title: document.title,
    description: document.description ?? null,
    completed: document.completed,
    completedAt: document.completed_at ?? null,
    dueAt: document.due_at ?? null,
    priority: document.priority ?? 0,
    labels: document.labels ?? [],
    version: document.version ?? FIRST_VERSION,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    deletedAt: document.deleted_at ?? null,
    purgeAt: document.purge_at ?? null,
  }
}

/** Not read back where a task is all that is wanted: what it is found and sorted by is as long as the task itself. */
export const TASK_ALONE = { words: 0, title_key: 0 } as const

/** What was imported from an AuthDB without versions is at its first. */
export function sameVersion(version: number): number | { $in: [number, null] } {
  return version === FIRST_VERSION ? { $in: [FIRST_VERSION, null] } : version
}
