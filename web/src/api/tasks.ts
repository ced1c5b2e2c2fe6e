import { batch, computed, signal } from '@preact/signals'
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
/** Where the next page is; undefined on the last one */
export const nextPage = signal<string | undefined>(undefined)
export const openCount = computed(() => tasks.value?.filter((task) => !task.completed).length ?? 0)

/** Other tabs of this browser read the list again when one has changed it. */
const changes = new BroadcastChannel('authdb.tasks')
const NEXT = /<([^>]+)>;\s*rel="next"/

/** The first page, newest first. @throws ApiError */
export async function readTasks(): Promise<void> {
  const { data, headers } = await sendSigned<Task[]>({ path: '/tasks/' })
  batch(() => {
    tasks.value = data
    nextPage.value = NEXT.exec(headers.get('link') ?? '')?.[1]
  })
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

async function changed(): Promise<void> {
  changes.postMessage('changed')
  await readTasks()
}

/** @throws ApiError */
export async function addTask(fields: TaskChanges & { title: string }): Promise<void> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  await sendSigned({ method: 'POST', path: '/tasks/', body: fields, headers })
  await changed()
}

/** Only the version that was shown is changed. @throws ApiError 412 when somebody else was faster */
export async function changeTask({ _id, version }: Task, body: TaskChanges): Promise<void> {
  const headers = { 'if-match': `"${version}"` }
  await sendSigned({ method: 'PUT', path: `/tasks/${_id}`, body, headers })
  await changed()
}

/** @throws ApiError */
export async function deleteTask({ _id }: Task): Promise<void> {
  await sendSigned({ method: 'DELETE', path: `/tasks/${_id}` })
  await changed()
}

export function forgetTasks(): void {
  tasks.value = undefined
  nextPage.value = undefined
}

/** @returns ends it */
export function onChangedElsewhere(listener: () => void): () => void {
  changes.addEventListener('message', listener)
  return () => changes.removeEventListener('message', listener)
}
