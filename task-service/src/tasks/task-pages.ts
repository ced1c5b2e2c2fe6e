import { type ListPage, listPage } from '../cache/index.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import type { Task } from './task.ts'
import type { TasksRepository } from './tasks.repository.ts'
import type { TaskResponse } from './tasks.schema.ts'

export const PAGE_LIMIT = 100

/** Pages of tasks as they go out, from MongoDB. */
export class TaskPages {
  readonly #tasks: TasksRepository

  constructor(tasks: TasksRepository) {
    this.#tasks = tasks
  }

  /** Newest first; `owner` undefined means everyone's. @throws CursorInvalid */
  async read(owner: string | undefined, limit: number, cursor?: string): Promise<ListPage> {
    const size = Math.min(Math.max(limit, 1), PAGE_LIMIT)
    const found = await this.#tasks.list(
      owner,
      size + 1,
      cursor === undefined ? undefined : decodeCursor(cursor),
    )
    const tasks = found.slice(0, size)
    const last = tasks.at(-1)
    return listPage(
      tasks.map(toWire),
      found.length > size && last ? encodeCursor({ createdAt: last.createdAt, id: last.id }) : undefined,
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
  }
}
