import type { ValuesEntry } from './values-tree.ts'

const BEGIN = '<!-- values: generated from values.yaml by `make charts-docs` -->'
const END = '<!-- /values -->'

const cell = (text: string) => text.replaceAll('|', '\\|')

function limits(entry: ValuesEntry): string {
  const {
    enum: choices,
    minimum,
    maximum,
  } = entry.keywords as { enum?: unknown[]; minimum?: number; maximum?: number }
  if (choices) return ` One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} to ${maximum}.`
  if (minimum !== undefined && minimum > 0) return ` At least ${minimum}.`
  return ''
}

function rows(entries: ValuesEntry[], prefix: string): string[] {
  return entries.flatMap((entry) => {
    const path = prefix + entry.key
    const isOneRow = entry.children.length === 0 || entry.keywords.additionalProperties === true
    const deeper =
      isOneRow && entry.children.every((child) => !child.description) ? [] : rows(entry.children, `${path}.`)
    if (deeper.length > 0) return deeper
    const description = cell(
      entry.description.replace(/\.$/, '') + (entry.description ? '.' : '') + limits(entry),
    )
    return [`| \`${path}\` | ${description} | \`${cell(JSON.stringify(entry.value))}\` |`]
  })
}

/** The Markdown table of a chart's values, between its two marks. */
export function valuesTable(entries: ValuesEntry[]): string {
  return [BEGIN, '| value | meaning | default |', '|---|---|---|', ...rows(entries, ''), END].join('\n')
}

/**
 * Puts the table into a README, between the marks or at its end.
 */
export function withTable(readme: string, table: string): string {
  const start = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (start === -1 || end === -1) return `${readme.trimEnd()}\n\n${table}\n`
  return readme.slice(0, start) + table + readme.slice(end + END.length)
}
