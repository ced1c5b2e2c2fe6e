import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CHARTS, ROOT } from './charts.ts'
import { libraryCopies } from './library.ts'
import { valuesSchema } from './values-schema.ts'
import { valuesTable, withTable } from './values-table.ts'
import { readValues, type ValuesEntry } from './values-tree.ts'

/**
 * Writes what is made from other files: each chart's values.schema.json and README table from its values.yaml, and its copy
 * of the library chart. With --check it only compares.
 */
const check = process.argv.includes('--check')
const problems: string[] = []

function undocumented(entries: ValuesEntry[], prefix = ''): string[] {
  return entries.flatMap((entry) => {
    const path = prefix + entry.key
    const isLeaf = entry.children.length === 0 || entry.keywords.additionalProperties === true
    if (isLeaf) return entry.description ? [] : [path]
    return undocumented(entry.children, `${path}.`)
  })
}

/** Makes the file have this content; without content there must be no such file. */
function put(file: string, content: string | undefined): void {
  const current = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (current === content) return
  if (check) {
    problems.push(`${file.slice(ROOT.length)} is not what its source says: run \`make charts-docs\``)
  } else if (content === undefined) {
    rmSync(file)
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

for (const chart of CHARTS) {
  const folder = `${ROOT}${chart}/`
  const entries = readValues(`${folder}values.yaml`)
  for (const path of undocumented(entries)) problems.push(`${chart}/values.yaml: ${path} has no comment`)
  const name = chart.slice(chart.lastIndexOf('/') + 1)
  put(`${folder}values.schema.json`, `${JSON.stringify(valuesSchema(name, entries), null, 2)}\n`)
  const readme = readFileSync(`${folder}README.md`, 'utf8')
  put(`${folder}README.md`, withTable(readme, valuesTable(entries)))
}

for (const { path, content } of libraryCopies()) put(ROOT + path, content)

for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
