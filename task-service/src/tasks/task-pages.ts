import { type ListPage, listPage } from '../cache/index.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Task } from './task.ts'
import type { TaskListRepository } from './task-lists.repository.ts'
import { NEWEST_FIRST, type TaskQuery } from './task-query.ts'
import type { TaskResponse } from './tasks.schema.ts'

export const PAGE_LIMIT = 100

/** Which page: a query whose place is still a cursor. */
export type PageRequest = Omit<TaskQuery, 'after' | 'limit'> & { limit?: number; cursor?: string | undefined }

/** Pages of tasks as they go out, from MongoDB. */
export class TaskPages {
  readonly #lists: Pick<TaskListRepository, 'list'>

  constructor(lists: Pick<TaskListRepository, 'list'>) {
    this.#lists = lists
  }

  /** @throws CursorInvalid */
  async read({ limit = PAGE_LIMIT, cursor, ...query }: PageRequest): Promise<ListPage> {
    const { by } = query.sort ?? NEWEST_FIRST
    const size = Math.min(Math.max(limit, 1), PAGE_LIMIT)
    const after = cursor === undefined ? undefined : decodeCursor(by, cursor)
    const found = await this.#lists.list({ ...query, limit: size + 1, after })
    const shown = found.slice(0, size)
    const last = shown.at(-1)
    const next = found.length > size && last ? encodeCursor(by, last.position) : undefined
    return listPage(
      shown.map(({ task }) => toWire(task)),
      next,
    )
  }
}

/** The wire form, field names as AuthDB's. */
export function toWire(task: Task): TaskResponse {
  return {
    _id: task.id,
    title: task.title,
    description: task.description,
    completed: task.completed,
    completed_at: task.completedAt?.toISOString() ?? null,
    due_at: task.dueAt?.toISOString() ?? null,
    priority: task.priority,
    labels: task.labels,
    owner_id: task.ownerId,
    version: task.version,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
    ...(task.deletedAt && { deleted_at: task.deletedAt.toISOString() }),
  }
}
