import { useEffect, useRef } from 'preact/hooks'
import uPlot, { type AlignedData, type Options, type Series } from 'uplot'

export interface Line {
  label: string
  /** A colour of tokens.css */
  colour: string
  /** Drawn against the axis on the right */
  right?: boolean
  /** A shape beside the colour */
  dash?: number[]
}

interface ChartProps {
  /** What it shows, for those who do not see it */
  label: string
  lines: readonly Line[]
  /** Seconds, then the values of each line */
  data: AlignedData
  leftUnit: string
  rightUnit?: string
  height?: number
  /** A vertical line at this second */
  cursor?: number
}

function seriesOf({ label, colour, right, dash }: Line, style: CSSStyleDeclaration): Series {
  return {
    label,
    stroke: style.getPropertyValue(colour),
    width: 2,
    scale: right ? 'right' : 'y',
    points: { show: false },
    ...(dash && { dash }),
  }
}

function optionsOf(props: ChartProps, element: HTMLElement): Options {
  const style = getComputedStyle(element)
  const axis = {
    stroke: style.getPropertyValue('--muted'),
    grid: { stroke: style.getPropertyValue('--line') },
  }
  return {
    width: element.clientWidth,
    height: props.height ?? 200,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: fromZero }, right: { range: fromZero } },
    axes: [
      { ...axis, size: 32, values: (_plot, ticks) => ticks.map((tick) => `${tick} s`) },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => `${tick} ${props.leftUnit}`) },
      ...(props.rightUnit
        ? [{ ...axis, scale: 'right', side: 1 as const, size: 40, grid: { show: false } }]
        : []),
    ],
    series: [{}, ...props.lines.map((line) => seriesOf(line, style))],
  }
}

function fromZero(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0, Math.max(1, (max || 0) * 1.15)]
}

/** Lines over time. Its words are in `label` and in the numbers beside it, since a canvas has none. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const create = () => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(props, element), props.data, element)
    }
    create()
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: props.height ?? 200 }),
    )
    observer.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', create)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', create)
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(props.data), [props.data])
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={props.label} />
      <figcaption class="legend">
        {props.lines.map(({ label, colour, dash }) => (
          <span key={label} class="legend-line">
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="22"
                y2="4"
                style={{ stroke: `var(${colour})` }}
                stroke-width="2.500"
                stroke-dasharray={dash?.join(' ')}
              />
            </svg>
            {label}
          </span>
        ))}
      </figcaption>
    </figure>
  )
}
