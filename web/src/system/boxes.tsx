import { type Box, curveBetween, type Layout, svgPath } from './layout.ts'
import { instances, type NodeState, type Process, shortName, stateOf, told } from './topology.ts'

const NAMES: Record<string, string> = {
  gateway: 'Gateway',
  auth: 'auth-service',
  mongodb: 'MongoDB',
  redis: 'Redis',
}
const STATE_WORDS: Record<NodeState, string> = {
  up: '',
  starting: 'starting',
  slow: 'slow',
  frozen: 'frozen',
  down: 'stopped',
  gone: 'quiet',
}

/** What comes from the load generator of `make dev` is drawn as well, not only what this browser has asked. */
function nameOf(box: Box): string {
  if (box.name === 'you') return told.value ? 'Clients' : 'Your browser'
  return NAMES[box.name] ?? shortName(box.name)
}

function Node({
  box,
  state,
  lit,
  inFlight,
}: {
  box: Box
  state: NodeState
  lit: boolean
  inFlight?: number | undefined
}) {
  const narrow = box.width < 84
  const label = box.name === 'auth' && narrow ? 'auth' : nameOf(box)
  const note = STATE_WORDS[state] || (inFlight ? `${inFlight} in work` : '')
  return (
    <g class={`node node-${state}${lit ? ' node-lit' : ''}`}>
      <rect
        x={box.x - box.width / 2}
        y={box.y - box.height / 2}
        width={box.width}
        height={box.height}
        rx="12"
      />
      <text x={box.x} y={box.y + (note ? -3 : 5)} class={narrow ? 'small' : ''}>
        {label}
      </text>
      {note && (
        <text x={box.x} y={box.y + 13} class="note">
          {note}
        </text>
      )}
    </g>
  )
}

function edgesOf({ you, gateway, auth, tasks, mongodb, redis }: Layout): [string, Box, Box][] {
  return [
    ['you', you, gateway],
    ['auth', gateway, auth],
    ['auth-mongodb', auth, mongodb],
    ['auth-redis', auth, redis],
    ...tasks.flatMap((task): [string, Box, Box][] => [
      [task.name, gateway, task],
      [`${task.name}-redis`, task, redis],
      [`${task.name}-mongodb`, task, mongodb],
    ]),
  ]
}

function describe(processes: readonly Process[], all: readonly Process[] | undefined): string {
  const names = processes.map(({ name, state }) =>
    [shortName(name), STATE_WORDS[state]].filter(Boolean).join(' '),
  )
  const others = ['auth', 'redis', 'mongodb']
    .filter((name) => stateOf(name, all) !== 'up')
    .map((name) => `${NAMES[name]} is ${STATE_WORDS[stateOf(name, all)]}.`)
  return `Your browser talks to the gateway; behind it are auth-service and task-service (${names.join(', ')}), which use MongoDB and Redis. ${others.join(' ')}`
}

/** The parts of the system and the ways between them. */
export function Boxes({ layout, lit }: { layout: Layout; lit: ReadonlySet<string> }) {
  const byName = new Map(instances.value.map((process) => [process.name, process]))
  const state = (name: string) => byName.get(name)?.state ?? stateOf(name, told.value)
  const boxes = [layout.you, layout.gateway, layout.auth, ...layout.tasks, layout.mongodb, layout.redis]
  return (
    <svg
      width={layout.width}
      height={layout.height}
      role="img"
      aria-label={describe(instances.value, told.value)}
    >
      {edgesOf(layout).map(([name, upper, lower]) => (
        <path key={name} d={svgPath(curveBetween(upper, lower))} class="edge" />
      ))}
      {boxes.map((box) => (
        <Node
          key={box.name}
          box={box}
          state={state(box.name)}
          lit={lit.has(box.name)}
          inFlight={byName.get(box.name)?.inFlight}
        />
      ))}
    </svg>
  )
}
