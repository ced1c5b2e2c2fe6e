import {
  type CachedPage,
  type ListPage,
  type Lists,
  NotAnnounced,
  NothingWritten,
  TooManyWriters,
} from '../cache/index.ts'
import { OutcomeUnknown, TaskNotFound, TooManyTasks, TooManyWrites, WriteUnavailable } from '../errors.ts'
import type { Caller } from '../tokens/index.ts'
import type { Operation } from './bulk.schema.ts'
import { BulkService, type Outcome } from './bulk.service.ts'
import type { KeyedCreations } from './keyed-creations.ts'
import { newTask, type Task } from './task.ts'
import { type Change, TaskChanges } from './task-changes.ts'
import { PAGE_LIMIT, type PageRequest, type TaskPages } from './task-pages.ts'
import { isDefault, NEWEST_FIRST } from './task-query.ts'
import { applied, binned, toFields } from './task-rules.ts'
import type { TaskRepository } from './tasks.repository.ts'
import type { NewTask, TaskChanges as TaskChangesBody } from './tasks.schema.ts'

type Conditions = Pick<Change, 'preconditions' | 'deadline'>

interface UncachedPage {
  page: ListPage
  result: 'not-cacheable'
}

interface Parts {
  tasks: TaskRepository
  pages: TaskPages
  lists: Lists
  keyed: KeyedCreations
  /** After each write that may be acknowledged */
  onWritten: (owner: string) => void
  /** An owner has at most so many, those in the bin included: no list looks at more. */
  maxTasks: number
  /** How long a deleted task stays in the bin, in milliseconds */
  retentionMs: number
}

/** Deadlines are monotonic milliseconds: a write whose deadline has passed is not sent to the database. */
export class TaskService {
  readonly #parts: Parts
  readonly #changes: TaskChanges
  readonly #bulk: BulkService

  constructor(parts: Parts) {
    this.#parts = parts
    const { tasks } = parts
    this.#bulk = new BulkService({
      ...parts,
      write: (owner, deadline, commit) => this.#write(owner, deadline, commit),
    })
    this.#changes = new TaskChanges({
      find: (id, owner) => tasks.find(id, owner),
      store: (version, task, deadline) =>
        this.#write(task.ownerId, deadline, () => tasks.update(version, task)),
    })
  }

  /** The caller's own tasks. Only the first full page of all of them, newest first, is cached: it is what clients ask for. */
  list(
    caller: Caller,
    { filter = {}, sort = NEWEST_FIRST, limit = PAGE_LIMIT, cursor }: PageRequest,
  ): Promise<CachedPage | UncachedPage> {
    const { lists } = this.#parts
    if (limit >= PAGE_LIMIT && cursor === undefined && isDefault(filter, sort)) return lists.read(caller.id)
    return this.#listUncached({ owner: caller.id, filter, sort, limit, cursor })
  }

  async #listUncached(request: PageRequest): Promise<UncachedPage> {
    return { page: await this.#parts.pages.read(request), result: 'not-cacheable' }
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

  /**
   * @param key an `Idempotency-Key`: repeated with it, a creation is made once and answered as the first time
   * @throws TooManyTasks · KeyReused
   */
  async create(caller: Caller, input: NewTask, deadline: number, key?: string): Promise<Task> {
    const owner = caller.id
    if (key !== undefined) return this.#createOnce(owner, key, input, deadline)
    await this.#admit(owner)
    const fields = toFields(owner, input, new Date())
    return this.#write(owner, deadline, () => this.#parts.tasks.insert(fields))
  }

  async #createOnce(owner: string, key: string, input: NewTask, deadline: number): Promise<Task> {
    // Refused before there is a key that remembers it.
    toFields(owner, input, new Date())
    const { taskId, createdAt } = await this.#parts.keyed.make({
      owner,
      key,
      body: input,
      admit: () => this.#admit(owner),
      make: async ({ taskId, createdAt }) => {
        const fields = toFields(owner, input, createdAt)
        await this.#write(owner, deadline, () => this.#parts.tasks.insertOnce(fields, taskId))
      },
    })
    return newTask(toFields(owner, input, createdAt), taskId)
  }

  /** @throws TooManyTasks */
  async #admit(owner: string): Promise<void> {
    const { tasks, maxTasks } = this.#parts
    if ((await tasks.count(owner, maxTasks)) >= maxTasks) throw new TooManyTasks(maxTasks)
  }

  /** @throws TaskNotFound · VersionMismatch */
  async update(caller: Caller, id: string, changes: TaskChangesBody, conditions: Conditions): Promise<Task> {
    return this.#changes.make(caller.id, id, {
      ...conditions,
      of: 'live',
      apply: (task) => applied(task, changes),
    })
  }

  /** Up to a hundred operations on the caller's own tasks. @throws KeyReused */
  async bulk(caller: Caller, operations: Operation[], deadline: number, key?: string): Promise<Outcome[]> {
    return this.#bulk.run(caller.id, operations, deadline, key)
  }

  /** Into the bin. The owner's right, or an administrator's. @throws TaskNotFound · VersionMismatch */
  async remove(caller: Caller, id: string, conditions: Conditions): Promise<void> {
    const owner = caller.isAdmin ? await this.#parts.tasks.findOwner(id) : caller.id
    if (owner === undefined) throw new TaskNotFound()
    const { retentionMs } = this.#parts
    await this.#changes.make(owner, id, {
      ...conditions,
      of: 'live',
      apply: (task) => binned(task, new Date(), retentionMs),
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
    const removed = await this.#write(owner, deadline, () => this.#parts.tasks.removeOwner(owner))
    await this.#parts.keyed.removeOwner(owner)
    return removed
  }

  /** What the cache refuses, in this service's own terms. @throws WriteUnavailable · OutcomeUnknown · TooManyWrites */
  async #write<T>(owner: string, deadline: number, commit: () => Promise<T>): Promise<T> {
    try {
      const result = await this.#parts.lists.write(owner, deadline, commit)
      this.#parts.onWritten(owner)
      return result
    } catch (cause) {
      if (cause instanceof NothingWritten) throw new WriteUnavailable({ cause })
      if (cause instanceof NotAnnounced) throw new OutcomeUnknown({ cause })
      if (cause instanceof TooManyWriters) throw new TooManyWrites({ cause })
      throw cause
    }
  }
}
