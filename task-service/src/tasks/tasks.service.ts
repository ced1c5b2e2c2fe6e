import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CachedPage,
  type ListPage,
  type Lists,
  NotAnnounced,
  NothingWritten,
  TooManyWriters,
} from '../cache/index.ts'
import {
  DueDateInvalid,
  OutcomeUnknown,
  TaskNotFound,
  TooManyWrites,
  VersionMismatch,
  WriteUnavailable,
} from '../errors.ts'
import type { Caller } from '../tokens/index.ts'
import type { Preconditions } from './preconditions.ts'
import type { ChangedFields, Task } from './task.ts'
import { PAGE_LIMIT, type TaskPages } from './task-pages.ts'
import { TaskTurns } from './task-turns.ts'
import type { TasksRepository } from './tasks.repository.ts'
import type { NewTask, TaskChanges } from './tasks.schema.ts'

const LAST_YEAR = 9999
const CONFLICT_WAIT_MS = 10
const MAX_CONFLICT_WAIT_MS = 100

export interface PageRequest {
  limit?: number
  cursor?: string
}

/** Deadlines are monotonic milliseconds: a write whose deadline has passed is not sent to the database. */
export class TasksService {
  readonly #tasks: TasksRepository
  readonly #pages: TaskPages
  readonly #lists: Lists
  readonly #turns = new TaskTurns()

  constructor(tasks: TasksRepository, pages: TaskPages, lists: Lists) {
    this.#tasks = tasks
    this.#pages = pages
    this.#lists = lists
  }

  /** The caller's own tasks, newest first. Only the first full page is cached: it is what clients ask for. */
  async list(
    caller: Caller,
    { limit = PAGE_LIMIT, cursor }: PageRequest,
  ): Promise<CachedPage | { page: ListPage; result: 'not-cacheable' }> {
    if (limit >= PAGE_LIMIT && cursor === undefined) return this.#lists.read(caller.id)
    return { page: await this.#pages.read(caller.id, limit, cursor), result: 'not-cacheable' }
  }

  /** Everyone's tasks, or one owner's: for administrators. */
  async listAll({ limit = PAGE_LIMIT, cursor, owner }: PageRequest & { owner?: string }): Promise<ListPage> {
    return this.#pages.read(owner, limit, cursor)
  }

  /** @throws TaskNotFound also for another user's task: that it exists is nobody else's business */
  async get(caller: Caller, id: string): Promise<Task> {
    const task = await this.#tasks.find(id, caller.id)
    if (!task) throw new TaskNotFound()
    return task
  }

  async create(caller: Caller, input: NewTask, deadline: number): Promise<Task> {
    const now = new Date()
    const completed = input.completed ?? false
    const fields = {
      ownerId: caller.id,
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
    return this.#write(caller.id, deadline, () => this.#tasks.insert(fields))
  }

  /** @throws TaskNotFound · VersionMismatch */
  async update(
    caller: Caller,
    id: string,
    changes: TaskChanges,
    preconditions: Preconditions,
    deadline: number,
  ): Promise<Task> {
    return this.#change(caller.id, id, preconditions, deadline, (task) => {
      const fields = applied(task, changes)
      return () => this.#tasks.update(id, caller.id, task.version, fields)
    })
  }

  /** The owner's right, or an administrator's. @throws TaskNotFound · VersionMismatch */
  async remove(caller: Caller, id: string, preconditions: Preconditions, deadline: number): Promise<void> {
    const owner = caller.isAdmin ? await this.#tasks.findOwner(id) : caller.id
    if (owner === undefined) throw new TaskNotFound()
    await this.#change(owner, id, preconditions, deadline, (task) => async () => {
      return (await this.#tasks.remove(id, owner, task.version)) ? task : undefined
    })
  }

  /**
   * A compare-and-set on the version that was read, so that a late or repeated change cannot undo a newer one. Tried again
   * on the newer version until the deadline, if the preconditions hold for that one, too.
   * @param prepare looks at the task and returns what is written, undefined when the version was another by then
   * @throws TaskNotFound · VersionMismatch · WriteUnavailable
   */
  async #change<T>(
    owner: string,
    id: string,
    preconditions: Preconditions,
    deadline: number,
    prepare: (task: Task) => () => Promise<T | undefined>,
  ): Promise<T> {
    return this.#turns.take(id, async () => {
      for (let attempt = 0; performance.now() < deadline; attempt++) {
        // Jitter, so that losers do not collide again.
        if (attempt > 0)
          await sleep(Math.random() * Math.min(attempt * CONFLICT_WAIT_MS, MAX_CONFLICT_WAIT_MS))
        const task = await this.#tasks.find(id, owner)
        if (!task) throw new TaskNotFound()
        if (preconditions.check(String(task.version)) === 'failed') throw new VersionMismatch()
        const changed = await this.#write(owner, deadline, prepare(task))
        if (changed !== undefined) return changed
      }
      throw new WriteUnavailable()
    })
  }

  /** All tasks of a deleted user. @returns how many there were */
  async removeOwner(owner: string, deadline: number): Promise<number> {
    return this.#write(owner, deadline, () => this.#tasks.removeOwner(owner))
  }

  /** What the cache refuses, in this service's own terms. @throws WriteUnavailable · OutcomeUnknown · TooManyWrites */
  async #write<T>(owner: string, deadline: number, commit: () => Promise<T>): Promise<T> {
    try {
      return await this.#lists.write(owner, deadline, commit)
    } catch (cause) {
      if (cause instanceof NothingWritten) throw new WriteUnavailable({ cause })
      if (cause instanceof NotAnnounced) throw new OutcomeUnknown({ cause })
      if (cause instanceof TooManyWriters) throw new TooManyWrites({ cause })
      throw cause
    }
  }
}

/** RFC 7396: null gives a field its default back. */
function applied(task: Task, changes: TaskChanges): ChangedFields {
  const now = new Date()
  const completed = changes.completed === undefined ? task.completed : (changes.completed ?? false)
  return {
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
function toDate(text: string | null | undefined): Date | null {
  if (!text) return null
  const date = new Date(text)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= LAST_YEAR)) throw new DueDateInvalid()
  return date
}
