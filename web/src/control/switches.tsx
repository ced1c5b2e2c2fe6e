import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Button, say, Trouble } from '../controls.tsx'
import { type NodeState, type Process, told } from '../system/topology.ts'
import { command, connection } from './connection.ts'

type Action = 'stop' | 'kill' | 'start' | 'freeze' | 'slow' | 'resume'

const LABELS: Record<Action, string> = {
  stop: 'Stop',
  kill: 'Kill',
  start: 'Start',
  freeze: 'Freeze',
  slow: 'Slow down',
  resume: 'Let it run',
}
const DONE: Record<Action, string> = {
  stop: 'is stopped',
  kill: 'was killed',
  start: 'runs again',
  freeze: 'is frozen',
  slow: 'is slow now',
  resume: 'runs as before',
}
const STATES: Record<NodeState, string> = {
  up: '● runs',
  starting: '◌ starts',
  slow: '◐ slow',
  frozen: '■ frozen',
  down: '✕ stopped',
  gone: '○ quiet',
}
const POSSIBLE: Record<NodeState, readonly Action[]> = {
  up: ['slow', 'freeze', 'stop', 'kill'],
  slow: ['resume', 'freeze', 'kill'],
  frozen: ['resume', 'kill'],
  down: ['start'],
  starting: [],
  gone: [],
}

const trouble = signal('')

/** Runs the action and shows its outcome. */
export async function order(name: string, body: object, done: string): Promise<void> {
  trouble.value = ''
  await command(name, body).then(
    () => done && say(done),
    (error: Error) => {
      trouble.value = error.message
    },
  )
}

export function ControlTrouble() {
  return <Trouble text={trouble.value} />
}

function Row({ process, title, actions }: { process: Process; title: string; actions: readonly Action[] }) {
  const possible = POSSIBLE[process.state].filter((action) => actions.includes(action))
  return (
    <li class="switch-row">
      <span class="switch-name">{title}</span>
      <span class={`state state-${process.state}`}>{STATES[process.state]}</span>
      <span class="row actions">
        {possible.map((action) => (
          <Button
            key={action}
            small
            label={`${LABELS[action]}: ${title}`}
            onClick={() => void order('act', { name: process.name, action }, `${title} ${DONE[action]}.`)}
          >
            {LABELS[action]}
          </Button>
        ))}
      </span>
    </li>
  )
}

const TITLES: Record<string, string> = { auth: 'auth-service', redis: 'Redis', mongodb: 'MongoDB' }

/** @param only names; all instances of task-service when left out */
export function Switches({ only, actions }: { only?: readonly string[]; actions: readonly Action[] }) {
  const wanted = (told.value ?? []).filter(({ name }) =>
    only ? only.includes(name) : name.startsWith('task-'),
  )
  return (
    <ul class="switches">
      {wanted.map((process) => (
        <Row
          key={process.name}
          process={process}
          title={TITLES[process.name] ?? process.name}
          actions={actions}
        />
      ))}
    </ul>
  )
}

/** What needs `make dev` is shown only there; elsewhere one sentence says how to get it. */
export function WithControl({ children }: { children: ComponentChildren }) {
  if (connection.value === 'open') return <>{children}</>
  const expected = connection.value !== 'none'
  return (
    <p class="note-box gap-above">
      {expected
        ? 'make dev does not answer. The switches come back when it does.'
        : 'The switches are here when the page is opened by the address that make dev prints. What your own requests tell is shown everywhere.'}
    </p>
  )
}
