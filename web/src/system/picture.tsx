import { useComputed, useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { Button } from '../controls.tsx'
import { Boxes } from './boxes.tsx'
import { Dots, type Palette } from './dots.ts'
import { feed, type Seen } from './feed.ts'
import { journeyOf, type Pace } from './journey.ts'
import { layOut } from './layout.ts'
import { Legend } from './legend.tsx'
import { REWIND_SECONDS, Rewind } from './rewind.tsx'
import { instanceNames, SEPARATOR } from './topology.ts'

/** Above this rate the eye cannot follow single requests. */
const WALK_AT_MOST = 3
const COUNT_EVERY_MS = 250
const LIT_MS = 1_600

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

/** For people who want no motion: the boxes that a request has touched light up for a moment. */
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
  const pausedAt = useSignal<number | undefined>(undefined)
  const counts = useSignal({ answered: 0, drawn: 0, missed: 0 })
  const layout = useComputed(() => layOut(width.value, instanceNames.value.split(SEPARATOR)))
  const { lit, light } = useLit()
  const engine = useMemo(
    () => ({
      dots: undefined as Dots | undefined,
      shown: 0,
      /** In all, and since the picture stands still */
      missed: { all: 0, now: 0 },
      arrivals: [] as number[],
      endReplay: () => {},
    }),
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
  }
  const play = (seconds: number) => {
    engine.endReplay()
    engine.endReplay = replay(feed.since(seconds * 1_000, pausedAt.peek()), show)
  }
  const pause = () => {
    engine.missed.now = 0
    pausedAt.value = performance.now()
  }
  const goOn = () => {
    engine.endReplay()
    pausedAt.value = undefined
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
      if (pausedAt.peek() === undefined) {
        show(seen)
        engine.shown++
      } else {
        engine.missed.all++
        engine.missed.now++
      }
    })
    const from = feed.answered
    const counter = setInterval(() => {
      const { all, now } = engine.missed
      counts.value = { answered: feed.answered - from - all, drawn: engine.shown, missed: now }
      element.dataset.frameMs = (dots.cost.totalMs / Math.max(1, dots.cost.frames)).toFixed(2)
    }, COUNT_EVERY_MS)
    return () => {
      observer.disconnect()
      unsubscribe()
      end()
      engine.endReplay()
      dots.stop()
      clearInterval(counter)
    }
  }, [])

  const isPaused = pausedAt.value !== undefined
  return (
    <section class="card picture" aria-labelledby="picture-title">
      <header class="card-head">
        <h2 id="picture-title">The system, as it answers</h2>
        <div class="row">
          <Button small pressed={isPaused} onClick={isPaused ? goOn : pause}>
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
          {!isPaused && (
            <Button small onClick={() => play(REWIND_SECONDS)}>
              Again: last {REWIND_SECONDS} s
            </Button>
          )}
        </div>
      </header>
      {isPaused && <Rewind missed={counts.value.missed} onRewind={play} />}
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
