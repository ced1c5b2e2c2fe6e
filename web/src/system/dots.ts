import type { Kind } from '../api/exchange.ts'
import type { Journey } from './journey.ts'
import { pointOn } from './layout.ts'

const RADIUS = 5
const LABEL_FONT = '600 12px ui-sans-serif, system-ui, sans-serif'
/** How long what nobody answered is shown where it ended */
const STOP_MS = 700

interface Dot {
  journey: Journey
  startedAt: number
  totalMs: number
}

export interface Palette {
  kinds: Record<Kind, string>
  surface: string
  text: string
}

export type Shape = 'circle' | 'diamond' | 'square' | 'triangle' | 'cross'
export const SHAPES: Record<Kind, Shape> = {
  hit: 'circle',
  miss: 'diamond',
  write: 'square',
  account: 'triangle',
  error: 'cross',
}

/** Corners around the middle, in radii */
const CORNERS: Record<Exclude<Shape, 'circle' | 'cross'>, readonly (readonly [number, number])[]> = {
  diamond: [
    [0, -1.25],
    [1.25, 0],
    [0, 1.25],
    [-1.25, 0],
  ],
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  triangle: [
    [0, -1.2],
    [1.15, 0.9],
    [-1.15, 0.9],
  ],
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape, x: number, y: number): void {
  context.beginPath()
  if (shape === 'circle') context.arc(x, y, RADIUS, 0, 2 * Math.PI)
  else if (shape === 'cross') {
    context.lineWidth = 3
    for (const sign of [1, -1]) {
      context.moveTo(x - RADIUS, y - sign * RADIUS)
      context.lineTo(x + RADIUS, y + sign * RADIUS)
    }
    context.stroke()
    return
  } else for (const [dx, dy] of CORNERS[shape]) context.lineTo(x + dx * RADIUS, y + dy * RADIUS)
  context.closePath()
  context.fill()
}

function drawLabel(
  context: CanvasRenderingContext2D,
  palette: Palette,
  label: string,
  x: number,
  y: number,
): void {
  context.font = LABEL_FONT
  const width = context.measureText(label).width + 16
  const edge = context.canvas.clientWidth - 4
  const left = Math.min(x + 12, edge - width)
  context.fillStyle = palette.surface
  context.globalAlpha = 0.94
  context.beginPath()
  context.roundRect(left, y - 12, width, 24, 12)
  context.fill()
  context.globalAlpha = 1
  context.fillStyle = palette.text
  context.textBaseline = 'middle'
  context.fillText(label, left + 8, y + 0.5)
}

/** The canvas above the picture: one shape for each request on its way. It runs only while there are any. */
export class Dots {
  readonly #canvas: HTMLCanvasElement
  readonly #palette: () => Palette
  #dots: Dot[] = []
  #frame = 0
  /** Longest and total time a frame has taken (ms), for the tests */
  readonly cost = { frames: 0, totalMs: 0, longestMs: 0 }
  drawn = 0

  constructor(canvas: HTMLCanvasElement, palette: () => Palette) {
    this.#canvas = canvas
    this.#palette = palette
  }

  /** @param labelled the label of each stretch is written beside the shape */
  add(journey: Journey, now: number): void {
    const totalMs = journey.legs.reduce((sum, leg) => sum + leg.drawnMs, 0)
    this.#dots.push({ journey, startedAt: now, totalMs })
    this.drawn++
    this.#frame ||= requestAnimationFrame((at) => this.#draw(at))
  }

  resize(width: number, height: number): void {
    const ratio = devicePixelRatio
    this.#canvas.width = Math.round(width * ratio)
    this.#canvas.height = Math.round(height * ratio)
    this.#canvas.style.width = `${width}px`
    this.#canvas.style.height = `${height}px`
    // Their paths belong to boxes that have moved since.
    this.#dots = []
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#dots = []
  }

  #draw(now: number): void {
    const began = performance.now()
    const context = this.#canvas.getContext('2d')
    if (!context) return
    const palette = this.#palette()
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    context.clearRect(0, 0, this.#canvas.clientWidth, this.#canvas.clientHeight)
    this.#dots = this.#dots.filter((dot) => now - dot.startedAt < dot.totalMs + stopMs(dot))
    const labelled = this.#dots.length <= 3
    for (const dot of this.#dots) this.#drawDot(context, palette, dot, now, labelled)
    this.#frame = this.#dots.length > 0 ? requestAnimationFrame((at) => this.#draw(at)) : 0
    const took = performance.now() - began
    this.cost.frames++
    this.cost.totalMs += took
    this.cost.longestMs = Math.max(this.cost.longestMs, took)
  }

  #drawDot(
    context: CanvasRenderingContext2D,
    palette: Palette,
    dot: Dot,
    now: number,
    labelled: boolean,
  ): void {
    let left = Math.max(0, now - dot.startedAt)
    const { kind, legs } = dot.journey
    const last = legs.at(-1)
    const leg =
      legs.find(({ drawnMs }) => {
        if (left < drawnMs) return true
        left -= drawnMs
        return false
      }) ?? last
    if (!leg) return
    const share = Math.min(1, leg === last && left > leg.drawnMs ? 1 : left / leg.drawnMs)
    const { x, y } = pointOn(leg.curve, leg.down ? share : 1 - share)
    context.fillStyle = palette.kinds[kind]
    context.strokeStyle = palette.kinds[kind]
    drawShape(context, SHAPES[kind], x, y)
    if (labelled && leg.drawnMs > 300) drawLabel(context, palette, leg.label, x, y)
  }
}

/** A failed request stays for a moment where it ended. */
function stopMs({ journey }: Dot): number {
  return journey.kind === 'error' ? STOP_MS : 0
}
