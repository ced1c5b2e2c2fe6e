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
  TooManyTasks,
  TooManyWrites,
  WriteUnavailable,
} from '../errors.ts'
import type { Caller } from '../tokens/index.ts'
import type { NewTaskFields, Task } from './task.ts'
import { type Change, TaskChanges } from './task-changes.ts'
import { PAGE_LIMIT, type PageRequest, type TaskPages } from './task-pages.ts'
import { isDefault, NEWEST_FIRST } from './task-query.ts'
import type { TasksRepository } from './tasks.repository.ts'
import type { NewTask, TaskChanges as TaskChangesBody } from './tasks.schema.ts'

const LAST_YEAR = 9999

type Conditions = Pick<Change, 'preconditions' | 'deadline'>

interface Parts {
  tasks: TasksRepository
  pages: TaskPages
  lists: Lists
  /** An owner has at most so many, those in the bin included: no list looks at more. */
  maxTasks: number
  /** How long a deleted task stays in the bin, in milliseconds */
  retentionMs: number
}

/** Deadlines are monotonic milliseconds: a write whose deadline has passed is not sent to the database. */
export class TasksService {
  readonly #parts: Parts
  readonly #changes: TaskChanges

  constructor(parts: Parts) {
    this.#parts = parts
    const { tasks } = parts
    this.#changes = new TaskChanges({
      find: (id, owner) => tasks.find(id, owner),
      store: (version, task, deadline) =>
        this.#write(task.ownerId, deadline, () => tasks.update(version, task)),
    })
  }

  /** The caller's own tasks. Only the first full page of all of them, newest first, is cached: it is what clients ask for. */
  async list(
    caller: Caller,
    { filter = {}, sort = NEWEST_FIRST, limit = PAGE_LIMIT, cursor }: PageRequest,
  ): Promise<CachedPage | { page: ListPage; result: 'not-cacheable' }> {
    const { lists, pages } = this.#parts
    if (limit >= PAGE_LIMIT && cursor === undefined && isDefault(filter, sort)) return lists.read(caller.id)
    const page = await pages.read({ owner: caller.id, filter, sort, limit, cursor })
    return { page, result: 'not-cacheable' }
  }

  /** For administrators. */
  async listAll(request: PageRequest): Promise<ListPage> {
    return this.#parts.pages.read(request)
  }

  /** @throws TaskNotFound also for another user's task: that it exists is nobody else's business */
  async get(caller: Caller, id: string): Promise<Task> {
    const task = await this.#parts.tasks.find(id, caller.id)
    if (!task || task.deletedAt) throw new TaskNotFound()
    return task
  }

  /** @throws TooManyTasks */
  async create(caller: Caller, input: NewTask, deadline: number): Promise<Task> {
    const { tasks, maxTasks } = this.#parts
    if ((await tasks.count(caller.id, maxTasks)) >= maxTasks) throw new TooManyTasks(maxTasks)
    const fields = toFields(caller.id, input, new Date())
    return this.#write(caller.id, deadline, () => tasks.insert(fields))
  }

  /** @throws TaskNotFound · VersionMismatch */
  async update(caller: Caller, id: string, changes: TaskChangesBody, conditions: Conditions): Promise<Task> {
    return this.#changes.make(caller.id, id, {
      ...conditions,
      of: 'live',
      apply: (task) => applied(task, changes),
    })
  }

  /** Into the bin. The owner's right, or an administrator's. @throws TaskNotFound · VersionMismatch */
  async remove(caller: Caller, id: string, conditions: Conditions): Promise<void> {
    const owner = caller.isAdmin ? await this.#parts.tasks.findOwner(id) : caller.id
    if (owner === undefined) throw new TaskNotFound()
    const { retentionMs } = this.#parts
    await this.#changes.make(owner, id, {
      ...conditions,
      of: 'live',
      apply(task) {
        const now = new Date()
        const purgeAt = new Date(now.getTime() + retentionMs)
        return { ...task, deletedAt: now, purgeAt, updatedAt: now }
      },
    })
  }

  /** Out of the bin, also what an administrator put there. @throws TaskNotFound · VersionMismatch */
  async restore(caller: Caller, id: string, conditions: Conditions): Promise<Task> {
    return this.#changes.make(caller.id, id, {
      ...conditions,
      of: 'deleted',
      apply(task) {
        const now = new Date()
        // The database removes it some time after that.
        if (task.purgeAt === null || task.purgeAt <= now) throw new TaskNotFound()
        return { ...task, deletedAt: null, purgeAt: null, updatedAt: now }
      },
    })
  }

  /** All tasks of a deleted user. @returns how many there were */
  async removeOwner(owner: string, deadline: number): Promise<number> {
    return this.#write(owner, deadline, () => this.#parts.tasks.removeOwner(owner))
  }

  /** What the cache refuses, in this service's own terms. @throws WriteUnavailable · OutcomeUnknown · TooManyWrites */
  async #write<T>(owner: string, deadline: number, commit: () => Promise<T>): Promise<T> {
    try {
      return await this.#parts.lists.write(owner, deadline, commit)
    } catch (cause) {
      if (cause instanceof NothingWritten) throw new WriteUnavailable({ cause })
      if (cause instanceof NotAnnounced) throw new OutcomeUnknown({ cause })
      if (cause instanceof TooManyWriters) throw new TooManyWrites({ cause })
      throw cause
    }
  }
}

function toFields(ownerId: string, input: NewTask, now: Date): NewTaskFields {
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
function applied(task: Task, changes: TaskChangesBody): Task {
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
