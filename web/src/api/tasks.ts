import { batch, computed, signal } from '@preact/signals'
import { newIdentifier } from './identifier.ts'
import { sendSigned } from './session.ts'

export interface Task {
  _id: string
  title: string
  description: string | null
  completed: boolean
  due_at: string | null
  priority: number
  version: number
}

export type TaskChanges = Partial<Pick<Task, 'title' | 'description' | 'completed' | 'due_at' | 'priority'>>

/** undefined = not read yet */
export const tasks = signal<readonly Task[] | undefined>(undefined)
/** What the last search has found, in all tasks and not only in those that were read; undefined while nothing is searched for */
export const found = signal<readonly Task[] | undefined>(undefined)
/** Where the next page is; undefined on the last one */
export const nextPage = signal<string | undefined>(undefined)
export const openCount = computed(() => tasks.value?.filter((task) => !task.completed).length ?? 0)

const NEXT = /<([^>]+)>;\s*rel="next"/

let reads = 0

/** The first page, newest first. @throws ApiError */
export async function readTasks(): Promise<void> {
  const read = ++reads
  const { data, headers } = await sendSigned<Task[]>({ path: '/tasks/' })
  // An answer that comes after that of a later read may show an older list.
  if (read !== reads) return
  batch(() => {
    tasks.value = data
    nextPage.value = NEXT.exec(headers.get('link') ?? '')?.[1]
  })
}

let searches = 0

/** Words are found by their beginnings, without case and accents. @throws ApiError */
export async function searchTasks(words: string): Promise<void> {
  const search = ++searches
  const query = new URLSearchParams({ q: words })
  const data = words === '' ? undefined : (await sendSigned<Task[]>({ path: `/tasks/?${query}` })).data
  // The answer of an earlier search is ignored once a later one has arrived.
  if (search === searches) found.value = data
}

/** @throws ApiError */
export async function readMoreTasks(): Promise<void> {
  const path = nextPage.peek()
  if (!path) return
  const { data, headers } = await sendSigned<Task[]>({ path })
  batch(() => {
    tasks.value = [...(tasks.peek() ?? []), ...data]
    nextPage.value = NEXT.exec(headers.get('link') ?? '')?.[1]
  })
}

/** @throws ApiError */
export async function addTask(fields: TaskChanges & { title: string }): Promise<void> {
  const headers = { 'idempotency-key': newIdentifier() }
  await sendSigned({ method: 'POST', path: '/tasks/', body: fields, headers })
  await readTasks()
}

/** Only the version that was shown is changed. @throws ApiError 412 when somebody else was faster */
export async function changeTask({ _id, version }: Task, body: TaskChanges): Promise<void> {
  const headers = { 'if-match': `"${version}"` }
  await sendSigned({ method: 'PUT', path: `/tasks/${_id}`, body, headers })
  await readTasks()
}

/** @throws ApiError */
export async function deleteTask({ _id }: Task): Promise<void> {
  await sendSigned({ method: 'DELETE', path: `/tasks/${_id}` })
  await readTasks()
}

export function forgetTasks(): void {
  tasks.value = undefined
  found.value = undefined
  nextPage.value = undefined
}
