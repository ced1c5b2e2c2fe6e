/** A small writer of line charts below one another, on one time axis, as SVG. */

export type Point = readonly [x: number, y: number | undefined]

export interface Line {
  readonly label: string
  readonly colour: string
  readonly points: readonly Point[]
  /** `step` keeps a value until the next point; `bars` stand on the axis. Default: straight lines */
  readonly shape?: 'line' | 'step' | 'bars'
  readonly dashed?: boolean
}

export interface Panel {
  /** With the unit */
  readonly title: string
  readonly lines: readonly Line[]
  readonly scale?: 'linear' | 'log'
  /** The axis reaches at least so far; a panel of nothing but zeros needs it. */
  readonly atLeast?: number
}

/** Something that happened: a vertical line through all panels. */
export interface Mark {
  readonly x: number
  readonly label: string
}

export interface Chart {
  readonly title: string
  readonly xTitle: string
  readonly xMax: number
  readonly panels: readonly Panel[]
  readonly marks?: readonly Mark[]
}

const WIDTH = 960
const LEFT = 64
const RIGHT = 24
const HEAD = 76
const PANEL_HEIGHT = 150
const PANEL_GAP = 46
const FOOT = 44
const TICKS = 4
const X_TICKS = 8
const LABEL_WIDTH = 6.4
const KEY_WIDTH = 26
const LOWEST_LOG = 1

const escaped = (text: string) =>
  text.replace(
    /[<>&"]/g,
    (character) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[character] as string,
  )
const fixed = (value: number) => String(Math.round(value * 10) / 10)

/** 1, 2 or 5 times a power of ten: at most `count` steps of it reach `top`. */
export function niceStep(top: number, count: number): number {
  const raw = top / count
  const power = 10 ** Math.floor(Math.log10(raw))
  return ([1, 2, 5, 10].find((factor) => factor * power >= raw * (1 - 1e-9)) as number) * power
}

interface Axis {
  readonly ticks: readonly number[]
  /** 0 at the foot of the panel, 1 at its top */
  place(value: number): number
}

/** From 0 to the first tick that no value exceeds; a logarithmic axis goes from 1 in powers of ten. */
export function axisOf({ lines, scale = 'linear', atLeast = 1 }: Panel): Axis {
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y ?? 0))
  const top = values.reduce((most, value) => Math.max(most, value), atLeast)
  if (scale === 'log') {
    const decades = Math.max(1, Math.ceil(Math.log10(top) - 1e-9))
    const ticks = Array.from({ length: decades + 1 }, (_nothing, power) => 10 ** power)
    return { ticks, place: (value) => Math.log10(Math.max(value, LOWEST_LOG)) / decades }
  }
  const step = niceStep(top, TICKS)
  const steps = Math.ceil(top / step - 1e-9)
  const ticks = Array.from({ length: steps + 1 }, (_nothing, n) => n * step)
  return { ticks, place: (value) => value / (steps * step) }
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`
}

/** Path of a line; a point without a value interrupts it. */
function pathOf(line: Line, x: (value: number) => number, y: (value: number) => number): string {
  const parts: string[] = []
  let isBroken = true
  let last = 0
  for (const [at, value] of line.points) {
    if (value === undefined) isBroken = true
    else {
      if (!isBroken && line.shape === 'step') parts.push(`L${fixed(x(at))} ${fixed(last)}`)
      last = y(value)
      parts.push(`${isBroken ? 'M' : 'L'}${fixed(x(at))} ${fixed(last)}`)
      isBroken = false
    }
  }
  return parts.join('')
}

function barsOf(line: Line, x: (value: number) => number, y: (value: number) => number): string {
  return line.points
    .filter(([, value]) => (value ?? 0) > 0)
    .map(([at, value]) => `M${fixed(x(at))} ${fixed(y(0))}V${fixed(y(value as number))}`)
    .join('')
}

function legend(lines: readonly Line[], y: number): string {
  const total = lines.reduce((sum, { label }) => sum + KEY_WIDTH + 14 + label.length * LABEL_WIDTH, 0)
  let x = WIDTH - RIGHT - total
  return lines
    .map(({ label, colour, dashed }) => {
      const key = `<path d="M${fixed(x)} ${fixed(y - 4)}h20" stroke="${colour}"${dashed ? ' stroke-dasharray="5 3"' : ''} stroke-width="2"/>`
      const entry = key + text(x + KEY_WIDTH, y, label)
      x += KEY_WIDTH + 14 + label.length * LABEL_WIDTH
      return entry
    })
    .join('')
}

function drawPanel(panel: Panel, top: number, x: (value: number) => number): string {
  const axis = axisOf(panel)
  const y = (value: number) => top + PANEL_HEIGHT * (1 - axis.place(value))
  const grid = axis.ticks.map((tick) => {
    const level = fixed(y(tick))
    return `<path class="grid" d="M${LEFT} ${level}H${WIDTH - RIGHT}"/>${text(LEFT - 8, y(tick) + 4, tick.toLocaleString('en'), 'text-anchor="end"')}`
  })
  const lines = panel.lines.map((line) => {
    const d = line.shape === 'bars' ? barsOf(line, x, y) : pathOf(line, x, y)
    return `<path d="${d}" stroke="${line.colour}" stroke-width="${line.shape === 'bars' ? 2 : 1.6}"${line.dashed ? ' stroke-dasharray="5 3"' : ''}/>`
  })
  return [
    text(LEFT, top - 10, panel.title, 'class="panel"'),
    legend(panel.lines, top - 10),
    ...grid,
    ...lines,
  ].join('\n')
}

/** Labels that would run into the one before them go one line lower. */
function drawMarks(marks: readonly Mark[], bottom: number, x: (value: number) => number): string {
  const free = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return marks
    .map(({ x: at, label }) => {
      const [left, width] = [x(at), label.length * LABEL_WIDTH]
      const row = left > (free[0] as number) ? 0 : 1
      free[row] = left + width + 6
      const isTight = left + width > WIDTH
      return `<path class="mark" d="M${fixed(left)} ${HEAD - 28}V${fixed(bottom)}"/>${text(isTight ? left - 4 : left + 3, 40 + row * 13, label, `class="label"${isTight ? ' text-anchor="end"' : ''}`)}`
    })
    .join('\n')
}

const STYLE = `text{font:11px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.panel{font-size:12px;font-weight:600}
.grid{stroke:#ddd}.mark{stroke:#999;stroke-dasharray:2 3}.label{fill:#666}path{fill:none}`

/** @returns a whole SVG document */
export function drawChart({ title, xTitle, xMax, panels, marks = [] }: Chart): string {
  const x = (value: number) => LEFT + ((WIDTH - LEFT - RIGHT) * value) / xMax
  const first = HEAD + 22
  const bottom = first + panels.length * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP
  const height = bottom + FOOT
  const step = niceStep(xMax, X_TICKS)
  const xTicks = Array.from({ length: Math.floor(xMax / step) + 1 }, (_nothing, n) => n * step)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${text(LEFT, 22, title, 'class="title"')}
${drawMarks(marks, bottom, x)}
${panels.map((panel, index) => drawPanel(panel, first + index * (PANEL_HEIGHT + PANEL_GAP), x)).join('\n')}
${xTicks.map((tick) => text(x(tick), bottom + 18, String(tick), 'text-anchor="middle"')).join('')}
${text((LEFT + WIDTH - RIGHT) / 2, bottom + 36, xTitle, 'text-anchor="middle"')}
</svg>
`
}
