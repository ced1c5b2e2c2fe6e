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
}

export type NewTaskFields = Omit<Task, 'id' | 'version'>
export type ChangedFields = Pick<
  Task,
  'title' | 'description' | 'completed' | 'completedAt' | 'dueAt' | 'priority' | 'labels' | 'updatedAt'
>
