/** A task as the rules see it. */
export interface Task {
  id: string
  ownerId: string
  title: string
  description: string | null
  completed: boolean
  completedAt: Date | null
  dueAt: Date | null
  priority: number
  labels: string[]
  /** Grows with every change; the ETag of a single task */
  version: number
  createdAt: Date
  updatedAt: Date
  /** Since when it is in the bin, until `purgeAt`; to all but those who look there, it is gone */
  deletedAt: Date | null
  purgeAt: Date | null
}

export type NewTaskFields = Omit<Task, 'id' | 'version' | 'deletedAt' | 'purgeAt'>

export const FIRST_VERSION = 1

/** As it is when it was just made. */
export function newTask(fields: NewTaskFields, id: string): Task {
  return { ...fields, id, version: FIRST_VERSION, deletedAt: null, purgeAt: null }
}
