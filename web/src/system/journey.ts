import { cacheWord, type Exchange, type Kind, kindOf, serviceOf } from '../api/exchange.ts'
import { type Box, type Curve, curveBetween, type Layout } from './layout.ts'

/** One stretch of a request's way. */
export interface Leg {
  curve: Curve
  /** From the upper end to the lower one, or back */
  down: boolean
  /** How long it took; undefined = the answer does not say */
  ms: number | undefined
  /** How long it is drawn */
  drawnMs: number
  label: string
}

export interface Journey {
  kind: Kind
  /** The boxes it touches, for those who want no motion */
  boxes: readonly string[]
  legs: readonly Leg[]
}

/** `walk`: every stretch can be followed and says its time. `live`: many at once. */
export type Pace = 'walk' | 'live'

const LIVE_LEG_MS = 190
const SHORTEST_WALK_MS = 420
const LONGEST_WALK_MS = 1_500
/** How long a millisecond lasts in slow motion. */
const WALK_SLOWER = 160

function shown(pace: Pace, ms: number | undefined): number {
  if (pace === 'live') return LIVE_LEG_MS
  return Math.min(LONGEST_WALK_MS, Math.max(SHORTEST_WALK_MS, (ms ?? 0) * WALK_SLOWER))
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

function instanceBox(exchange: Exchange, layout: Layout): Box | undefined {
  if (serviceOf(exchange.path) === 'auth') return layout.auth
  return layout.tasks.find(({ name }) => name === exchange.instance) ?? onlyBox(layout, exchange)
}

/** An answer that does not name its instance is drawn where it must have been, when there is one place alone. */
function onlyBox({ tasks }: Layout, { instance }: Exchange): Box | undefined {
  return instance === undefined && tasks.length === 1 ? tasks[0] : undefined
}

/** The stores a request has surely been to, with the time spent there where the answer says it. */
function stores(exchange: Exchange, layout: Layout): { box: Box; ms: number | undefined; label: string }[] {
  const { redis, mongodb, cache } = exchange
  const visits = []
  if (redis !== undefined || (cache !== undefined && cache !== 'bypass')) {
    const word = cacheWord(exchange)
    visits.push({ box: layout.redis, ms: redis, label: ['Redis', word].filter(Boolean).join(' ') })
  }
  if (mongodb !== undefined || cache === 'miss' || cache === 'stored')
    visits.push({ box: layout.mongodb, ms: mongodb, label: 'MongoDB' })
  return visits
}

/** No service answered: nothing at all, or the gateway in its place. */
function isUnanswered({ status, instance }: Exchange): boolean {
  return status === 0 || (status >= 502 && instance === undefined)
}

/** Time on the way between browser, gateway and instance. */
function wayMs({ ms, app, own }: Exchange): number | undefined {
  return own && app !== undefined ? Math.max(0, ms - app) : undefined
}

/**
 * The way a request took: down to the instance that answered, to the stores that its answer names, and back.
 * One that nobody answered ends at the gateway, or on its way there.
 */
export function journeyOf(exchange: Exchange, layout: Layout, pace: Pace): Journey {
  const legs: Leg[] = []
  const boxes = ['you', 'gateway']
  const go = (upper: Box, lower: Box, down: boolean, ms: number | undefined, label: string) =>
    legs.push({ curve: curveBetween(upper, lower), down, ms, drawnMs: shown(pace, ms), label })
  const quarter = wayMs(exchange)
  const way = quarter === undefined ? undefined : quarter / 4
  const request = `${exchange.method} ${exchange.path.length > 22 ? '/tasks/…' : exchange.path}`
  const instance = isUnanswered(exchange) ? undefined : instanceBox(exchange, layout)
  go(layout.you, layout.gateway, true, way, request)
  if (instance) {
    boxes.push(instance.name)
    go(layout.gateway, instance, true, way, request)
    for (const { box, ms, label } of stores(exchange, layout)) {
      boxes.push(box.name)
      const timed = ms === undefined ? label : `${label} ${milliseconds(ms)}`
      go(instance, box, true, ms === undefined ? undefined : ms / 2, timed)
      go(instance, box, false, ms === undefined ? undefined : ms / 2, timed)
    }
    go(layout.gateway, instance, false, way, `${exchange.status}`)
  }
  if (exchange.status !== 0)
    go(layout.you, layout.gateway, false, way, `${exchange.status} in ${milliseconds(exchange.ms)}`)
  return { kind: kindOf(exchange), boxes, legs }
}
