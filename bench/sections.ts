import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Chart, drawChart } from '../e2e/scaling/plot.ts'

/** What one part of a run has to say. */
export interface Section {
  title: string
  /** Markdown */
  text: string
  plots?: readonly { name: string; chart: Chart }[]
}

const RESULTS = fileURLToPath(new URL('RESULTS.md', import.meta.url))
const PLOTS = fileURLToPath(new URL('plots/', import.meta.url))
const BEGIN = '<!-- make bench: begin -->'
const END = '<!-- make bench: end -->'

/** @param rows the first is the head */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function textOf({ title, text, plots = [] }: Section): string {
  const images = plots.map(({ name, chart }) => `![${chart.title}](plots/${name}.svg)`)
  return [`### ${title}`, text, ...images].join('\n\n')
}

/** Writes the plots, prints the tables, and puts them into RESULTS.md in place of the last ones. */
export function record(describe: string, sections: readonly Section[], isKept: boolean): void {
  const text = [describe, ...sections.map(textOf)].join('\n\n')
  console.log(`\n${text}`)
  if (!isKept) return
  mkdirSync(PLOTS, { recursive: true })
  for (const { plots = [] } of sections)
    for (const { name, chart } of plots) writeFileSync(`${PLOTS}${name}.svg`, drawChart(chart))
  const before = readFileSync(RESULTS, 'utf8')
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)]
  if (from === -1 || to === -1) throw new Error(`${RESULTS} has no place for the results of make bench`)
  writeFileSync(RESULTS, `${before.slice(0, from + BEGIN.length)}\n\n${text}\n\n${before.slice(to)}`)
}
