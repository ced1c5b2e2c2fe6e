/** Where everything is drawn, in CSS pixels; the picture is as wide as its place on the page. */
export interface Box {
  name: string
  /** Centre */
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  width: number
  height: number
  you: Box
  gateway: Box
  auth: Box
  tasks: readonly Box[]
  mongodb: Box
  redis: Box
}

const MARGIN = 10
const GAP = 10
const MIN_WIDTH = 58
const MAX_WIDTH = 112
const BOX_HEIGHT = 42
const ROW = 58
const TIER = 92

/** Top to bottom, as a request travels: you, the gateway, the services, their stores. Many instances take several rows. */
export function layOut(width: number, names: readonly string[]): Layout {
  const usable = Math.max(width, 240) - 2 * MARGIN
  const perRow = Math.max(2, Math.min(names.length + 1, Math.floor((usable + GAP) / (MIN_WIDTH + GAP))))
  const rows = Math.ceil((names.length + 1) / perRow)
  const slot = usable / perRow
  const boxWidth = Math.min(MAX_WIDTH, slot - GAP)
  const servicesTop = MARGIN + BOX_HEIGHT / 2 + 2 * TIER
  const storesY = servicesTop + (rows - 1) * ROW + TIER
  const place = (name: string, index: number): Box => ({
    name,
    x: MARGIN + slot * ((index % perRow) + 0.5),
    y: servicesTop + Math.floor(index / perRow) * ROW,
    width: boxWidth,
    height: BOX_HEIGHT,
  })
  const wide = (name: string, at: number, y: number): Box => ({
    name,
    x: MARGIN + usable * at,
    y,
    width: Math.min(132, usable * 0.4),
    height: BOX_HEIGHT,
  })
  return {
    width: usable + 2 * MARGIN,
    height: storesY + BOX_HEIGHT / 2 + MARGIN,
    you: wide('you', 0.5, MARGIN + BOX_HEIGHT / 2),
    gateway: wide('gateway', 0.5, MARGIN + BOX_HEIGHT / 2 + TIER),
    auth: place('auth', 0),
    tasks: names.map((name, index) => place(name, index + 1)),
    mongodb: wide('mongodb', 0.27, storesY),
    redis: wide('redis', 0.73, storesY),
  }
}

/** A cubic Bézier curve between two boxes that leaves and arrives upright. */
export interface Curve {
  x1: number
  y1: number
  x2: number
  y2: number
}

export function curveBetween(upper: Box, lower: Box): Curve {
  return { x1: upper.x, y1: upper.y + upper.height / 2, x2: lower.x, y2: lower.y - lower.height / 2 }
}

export function svgPath({ x1, y1, x2, y2 }: Curve): string {
  const middle = (y1 + y2) / 2
  return `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`
}

/** @param share 0 at the upper end, 1 at the lower one */
export function pointOn({ x1, y1, x2, y2 }: Curve, share: number): { x: number; y: number } {
  const rest = 1 - share
  const middle = (y1 + y2) / 2
  const [a, b, c, d] = [rest ** 3, 3 * rest ** 2 * share, 3 * rest * share ** 2, share ** 3]
  return { x: (a + b) * x1 + (c + d) * x2, y: a * y1 + (b + c) * middle + d * y2 }
}
