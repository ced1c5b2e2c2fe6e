import type { Measurement } from './measure.ts'

const COLUMNS: readonly [string, number, (measurement: Measurement) => string][] = [
  ['fault', -18, ({ fault, isVoid }) => (isVoid ? `${fault} VOID` : fault)],
  ['injected', 9, ({ injections }) => String(injections)],
  ['operations', 11, ({ operations }) => operations.toLocaleString('en')],
  ['/s', 7, ({ rate }) => rate.toFixed(0)],
  ['before /s', 10, ({ calmRate }) => calmRate.toFixed(0)],
  ['reads', 11, ({ reads }) => reads.toLocaleString('en')],
  ['hits %', 7, ({ hits, reads }) => ((100 * hits) / Math.max(1, reads)).toFixed(1)],
  ['unknown writes', 15, ({ unknownWrites }) => String(unknownWrites)],
  ['stale', 7, ({ violations }) => String(violations.stale)],
  ['went back', 10, ({ violations }) => String(violations['went back'])],
  ['invented', 9, ({ violations }) => String(violations.invented)],
  ['no read for s', 14, ({ readGapSeconds }) => readGapSeconds.toFixed(2)],
  ['no write for s', 15, ({ writeGapSeconds }) => writeGapSeconds.toFixed(2)],
]

function line(cells: readonly string[]): string {
  return COLUMNS.map(([, width], i) => {
    const cell = cells[i] as string
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width)
  }).join(' ')
}

export const HEADER = line(COLUMNS.map(([title]) => title))

export function row(measurement: Measurement): string {
  return line(COLUMNS.map(([, , cell]) => cell(measurement)))
}

export function violationsOf({ violations }: Measurement): number {
  return violations.stale + violations['went back'] + violations.invented
}
