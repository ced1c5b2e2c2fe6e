import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { changeTask, deleteTask, readTasks, type Task, type TaskChanges } from '../api/tasks.ts'
import { Button } from '../controls.tsx'

type Attempt = (work: () => Promise<void>, done?: string) => Promise<void>

const PRIORITIES = ['none', 'low', 'medium', 'high']
const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const VERSION_MISMATCH = 412

/** Somebody else changed the task first: shows the present version and says so. */
async function changeOrShow(task: Task, changes: TaskChanges): Promise<void> {
  await changeTask(task, changes).catch(async (error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== VERSION_MISMATCH) throw error
    await readTasks()
    throw new ApiError(error.status, error.code, 'This task was changed elsewhere. Here is what it is now.')
  })
}

function changesOf(form: HTMLFormElement): TaskChanges & { title: string } {
  const data = new FormData(form)
  const due = String(data.get('due') ?? '')
  return {
    title: String(data.get('title') ?? '').trim(),
    description: String(data.get('description') ?? '').trim() || null,
    due_at: due ? new Date(`${due}T12:00:00`).toISOString() : null,
    priority: Number(data.get('priority')),
  }
}

function localDate(iso: string): string {
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

function Editor({ task, close, attempt }: { task: Task; close: () => void; attempt: Attempt }) {
  const first = useRef<HTMLInputElement>(null)
  // Before the first key is pressed: without a field in focus it would be lost.
  useLayoutEffect(() => first.current?.select(), [])
  return (
    <form
      class="editor"
      aria-label={`Change “${task.title}”`}
      onKeyDown={(event) => event.key === 'Escape' && close()}
      onSubmit={(event) => {
        event.preventDefault()
        const changes = changesOf(event.currentTarget)
        void attempt(async () => {
          await changeOrShow(task, changes)
          close()
        }, `Saved: ${changes.title}`)
      }}
    >
      <label class="field">
        <span>Title</span>
        <input name="title" ref={first} value={task.title} required maxLength={200} />
      </label>
      <label class="field">
        <span>Note</span>
        <textarea name="description" rows={2} maxLength={4000} value={task.description ?? ''} />
      </label>
      <div class="row">
        <label class="field">
          <span>Due</span>
          <input name="due" type="date" value={task.due_at ? localDate(task.due_at) : ''} />
        </label>
        <label class="field">
          <span>Priority</span>
          <select name="priority" value={task.priority}>
            {PRIORITIES.map((name, value) => (
              <option key={name} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="row">
        <Button type="submit" kind="primary" small>
          Save
        </Button>
        <Button small onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  )
}

function Facts({ task }: { task: Task }) {
  const facts = [
    task.due_at && `due ${DATE.format(new Date(task.due_at))}`,
    task.priority > 0 && `${PRIORITIES[task.priority]} priority`,
    task.description,
  ].filter(Boolean)
  return facts.length > 0 ? <span class="facts">{facts.join(' · ')}</span> : null
}

export function TaskItem({ task, attempt }: { task: Task; attempt: Attempt }) {
  const editing = useSignal(false)
  const edit = useRef<HTMLSpanElement>(null)

  function close() {
    editing.value = false
    // Returns the keyboard focus to the button, which exists again only after the next render.
    requestAnimationFrame(() => edit.current?.querySelector('button')?.focus())
  }

  if (editing.value)
    return (
      <li class="task">
        <Editor task={task} close={close} attempt={attempt} />
      </li>
    )
  return (
    <li class={task.completed ? 'task task-done' : 'task'}>
      <label class="check">
        <input
          type="checkbox"
          checked={task.completed}
          onChange={({ currentTarget }) => {
            const completed = currentTarget.checked
            void attempt(
              () => changeOrShow(task, { completed }),
              completed ? `Done: ${task.title}` : `Open again: ${task.title}`,
            )
          }}
        />
        <span>
          <span class="title">{task.title}</span>
          <Facts task={task} />
        </span>
      </label>
      <span class="row actions" ref={edit}>
        <Button small kind="quiet" label={`Edit “${task.title}”`} onClick={() => (editing.value = true)}>
          Edit
        </Button>
        <Button
          small
          kind="quiet"
          label={`Delete “${task.title}”`}
          onClick={() => void attempt(() => deleteTask(task), `Deleted: ${task.title}`)}
        >
          Delete
        </Button>
      </span>
    </li>
  )
}
