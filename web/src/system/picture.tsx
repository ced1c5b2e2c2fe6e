import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { Button } from '../controls.tsx'
import { Dots, type Palette } from './dots.ts'
import { feed, type Seen } from './feed.ts'
import { journeyOf, type Pace } from './journey.ts'
import { type Box, curveBetween, type Layout, layOut, svgPath } from './layout.ts'
import { Legend } from './legend.tsx'
import {
  instanceNames,
  instances,
  type NodeState,
  type Process,
  SEPARATOR,
  shortName,
  stateOf,
  told,
} from './topology.ts'

/** More than so many in a second are too many to follow one by one. */
const WALK_AT_MOST = 3
const REPLAY_MS = 10_000
const COUNT_EVERY_MS = 250
const LIT_MS = 1_600

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

function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const kinds = {
    hit: colour('--hit'),
    miss: colour('--miss'),
    write: colour('--write'),
    account: colour('--account'),
    error: colour('--error'),
  }
  return { kinds, surface: colour('--label'), text: colour('--label-text') }
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

function Boxes({ layout, lit }: { layout: Layout; lit: ReadonlySet<string> }) {
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

/** Without motion: the boxes a request has touched are lit for a moment. */
function useLit() {
  const lit = useSignal<ReadonlySet<string>>(new Set())
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  return {
    lit,
    light(boxes: readonly string[]) {
      lit.value = new Set(boxes)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => (lit.value = new Set()), LIT_MS)
    },
  }
}

/** Plays the last seconds again, in the pace in which they happened. @returns ends it */
function replay(seen: readonly Seen[], show: (seen: Seen) => void): () => void {
  const first = seen[0]?.at ?? 0
  const timers = seen.map((one) => setTimeout(() => show(one), one.at - first))
  return () => timers.forEach(clearTimeout)
}

/** The running system. Every answer this page learns of is drawn on the way it took, none is left out. */
export function Picture({ pace }: { pace?: Pace }) {
  const place = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useSignal(480)
  const paused = useSignal(false)
  const counts = useSignal({ answered: 0, drawn: 0 })
  const layout = useComputed(() => layOut(width.value, instanceNames.value.split(SEPARATOR)))
  const { lit, light } = useLit()
  const engine = useMemo(
    () => ({ dots: undefined as Dots | undefined, shown: 0, arrivals: [] as number[] }),
    [],
  )
  const still = useMemo(() => matchMedia('(prefers-reduced-motion: reduce)'), [])

  const show = ({ exchange }: Seen) => {
    const now = performance.now()
    engine.arrivals = engine.arrivals.filter((at) => now - at < 1_000)
    engine.arrivals.push(now)
    const chosen = pace ?? (engine.arrivals.length > WALK_AT_MOST ? 'live' : 'walk')
    const journey = journeyOf(exchange, layout.peek(), chosen)
    if (still.matches) light(journey.boxes)
    else engine.dots?.add(journey, now)
    engine.shown++
  }

  useEffect(() => {
    if (!canvas.current || !place.current) return
    const element = place.current
    const dots = new Dots(canvas.current, () => readPalette(element))
    engine.dots = dots
    const observer = new ResizeObserver(() => (width.value = element.clientWidth))
    observer.observe(element)
    const unsubscribe = layout.subscribe(({ width, height }) => dots.resize(width, height))
    const end = feed.subscribe((seen) => {
      if (!paused.peek()) show(seen)
    })
    const from = feed.answered
    const counter = setInterval(() => {
      counts.value = { answered: feed.answered - from, drawn: engine.shown }
      element.dataset.frameMs = (dots.cost.totalMs / Math.max(1, dots.cost.frames)).toFixed(2)
    }, COUNT_EVERY_MS)
    return () => {
      observer.disconnect()
      unsubscribe()
      end()
      dots.stop()
      clearInterval(counter)
    }
  }, [])

  return (
    <section class="card picture" aria-labelledby="picture-title">
      <header class="card-head">
        <h2 id="picture-title">The system, as it answers</h2>
        <div class="row">
          <Button small pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
            {paused.value ? 'Go on' : 'Pause'}
          </Button>
          <Button small onClick={() => replay(feed.since(REPLAY_MS), show)}>
            Again: last 10 s
          </Button>
        </div>
      </header>
      <div
        class="stage"
        ref={place}
        data-testid="stage"
        data-answered={counts.value.answered}
        data-drawn={counts.value.drawn}
      >
        <Boxes layout={layout.value} lit={lit.value} />
        <canvas ref={canvas} />
      </div>
      <Legend />
    </section>
  )
}
