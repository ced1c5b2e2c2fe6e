import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ApiError } from '../api/client.ts'
import { signOut, type User } from '../api/session.ts'
import { followChanges } from '../api/task-events.ts'
import {
  addTask,
  forgetTasks,
  found,
  nextPage,
  openCount,
  readMoreTasks,
  readTasks,
  searchTasks,
  type Task,
  tasks,
} from '../api/tasks.ts'
import { Button, say, Trouble } from '../controls.tsx'
import { DemoReminder } from './sign-in.tsx'
import { TaskItem } from './task-item.tsx'

/** @param done is announced when the work is done; an error is shown */
type Attempt = (work: () => Promise<void>, done?: string) => Promise<void>
type Filter = 'all' | 'open' | 'done'
const FILTERS: [Filter, string][] = [
  ['all', 'All'],
  ['open', 'Open'],
  ['done', 'Done'],
]

/** A search starts when the person has paused, not at each letter. */
const TYPING_MS = 250

function matches(task: Task, filter: Filter): boolean {
  return filter === 'all' || task.completed === (filter === 'done')
}

/** @returns searches for what was typed, once the person has stopped; again when the list has changed */
function useSearch(attempt: Attempt): (words: string) => void {
  const words = useSignal('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const search = () => void attempt(() => searchTasks(words.peek()))
  useSignalEffect(() => {
    if (tasks.value && words.peek() !== '') search()
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return (typed) => {
    words.value = typed.trim()
    clearTimeout(timer.current)
    timer.current = setTimeout(search, TYPING_MS)
  }
}

/** Reads the list when it is first shown, when it was changed elsewhere, and when the person returns to this tab. */
function useReading(attempt: Attempt) {
  useEffect(() => {
    const read = () => void attempt(readTasks)
    const onVisible = () => document.visibilityState === 'visible' && read()
    if (!tasks.peek()) read()
    const end = followChanges(read)
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      end()
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [])
}

function AddTask({ attempt }: { attempt: Attempt }) {
  const input = useRef<HTMLInputElement>(null)
  function submit(event: SubmitEvent) {
    event.preventDefault()
    const title = input.current?.value.trim()
    if (!title) return
    void attempt(async () => {
      await addTask({ title })
      if (input.current) input.current.value = ''
      input.current?.focus()
    }, `Added: ${title}`)
  }
  return (
    <form class="add" onSubmit={submit}>
      <label class="visually-hidden" for="new-task">
        New task
      </label>
      <input
        id="new-task"
        ref={input}
        placeholder="What is to be done?"
        maxLength={200}
        autocomplete="off"
        required
      />
      <Button type="submit" kind="primary">
        Add
      </Button>
    </form>
  )
}

function Empty({ any }: { any: boolean }) {
  return any ? (
    <p class="empty">No task is like that.</p>
  ) : (
    <p class="empty">
      Nothing to do yet. Add a task and watch it travel: to an instance, to Redis to say so, to MongoDB, and
      back.
    </p>
  )
}

export function Tasks({ user }: { user: User }) {
  const trouble = useSignal('')
  const filter = useSignal<Filter>('all')
  const shown = useComputed(() =>
    (found.value ?? tasks.value ?? []).filter((task) => matches(task, filter.value)),
  )

  const attempt: Attempt = async (work, done = '') => {
    trouble.value = ''
    await work().then(
      () => done && say(done),
      (error: ApiError) => (trouble.value = error.message),
    )
  }
  useReading(attempt)
  const search = useSearch(attempt)

  return (
    <section class="card" aria-labelledby="tasks-title">
      <header class="card-head">
        <div>
          <h1 id="tasks-title">{user.name ? `${user.name}’s tasks` : 'Your tasks'}</h1>
          <p class="hint">{user.email}</p>
        </div>
        <Button
          small
          onClick={() => {
            forgetTasks()
            void signOut()
          }}
        >
          Sign out
        </Button>
      </header>
      <DemoReminder email={user.email} />
      <AddTask attempt={attempt} />
      <Trouble text={trouble.value} />
      <div class="row tools">
        <fieldset class="segments">
          <legend class="visually-hidden">Which tasks</legend>
          {FILTERS.map(([name, label]) => (
            <label key={name}>
              <input
                type="radio"
                name="filter"
                checked={filter.value === name}
                onChange={() => (filter.value = name)}
              />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        <label class="search">
          <span class="visually-hidden">Search</span>
          <input
            type="search"
            placeholder="Search"
            onInput={({ currentTarget }) => search(currentTarget.value)}
          />
        </label>
      </div>
      {tasks.value === undefined ? (
        <p class="empty">One moment…</p>
      ) : shown.value.length === 0 ? (
        <Empty any={tasks.value.length > 0} />
      ) : (
        <ul class="tasks">
          {shown.value.map((task) => (
            <TaskItem key={task._id} task={task} attempt={attempt} />
          ))}
        </ul>
      )}
      <footer class="row between">
        <p class="hint">{openCount.value === 1 ? '1 open task' : `${openCount.value} open tasks`}</p>
        <div class="row">
          {nextPage.value && (
            <Button small onClick={() => void attempt(readMoreTasks)}>
              More
            </Button>
          )}
          <Button small onClick={() => void attempt(readTasks, 'The list was read again.')}>
            Read the list again
          </Button>
        </div>
      </footer>
    </section>
  )
}
