import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../checkout.ts'
import { endpointTable } from '../endpoints.ts'

/** The tables of settings and routes in docs/, made by the services themselves: `readme.ts` writes, `readme.ts --check` compares. */
const DOCUMENTS = [
  { file: 'docs/settings.md', parts: ['auth-service', 'task-service', 'gateway'], tableOf: settingsOf },
  { file: 'docs/endpoints.md', parts: ['auth-service', 'task-service'], tableOf: endpointsOf },
]

interface Setting {
  description?: string
  default?: unknown
  enum?: string[]
}
interface Environment {
  properties: Record<string, Setting>
  required?: string[]
}

function fallback(name: string, setting: Setting, required: string[] = []): string {
  if (setting.default !== undefined) return setting.default === '' ? 'empty' : `\`${setting.default}\``
  return required.includes(name) ? '**required**' : 'not set'
}

function table({ properties, required }: Environment): string {
  const rows = Object.entries(properties).map(([name, setting]) => {
    const text = (setting.description ?? '').replaceAll('|', '\\|')
    return `| \`${name}\` | ${fallback(name, setting, required)} | ${text} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

async function settingsOf(part: string): Promise<[what: string, table: string]> {
  const config = await import(pathToFileURL(join(ROOT, part, 'src', 'config.ts')).href)
  return [`settings of ${part}`, table(config.Environment)]
}

async function endpointsOf(service: string): Promise<[what: string, table: string]> {
  return [
    `routes of ${service}`,
    endpointTable(JSON.parse(readFileSync(join(ROOT, service, 'openapi.json'), 'utf8'))),
  ]
}

/** @param text of a document, with a comment before and after the place of each table */
function replaced(text: string, what: string, table: string, file: string): string {
  const [begin, end] = [`<!-- ${what} -->`, `<!-- end of ${what} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no place for the ${what}`)
  return `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`
}

for (const { file, parts, tableOf } of DOCUMENTS) {
  const before = readFileSync(join(ROOT, file), 'utf8')
  let text = before
  for (const part of parts) text = replaced(text, ...(await tableOf(part)), file)
  if (!process.argv.includes('--check')) writeFileSync(join(ROOT, file), text)
  else if (before !== text) {
    console.error(`The tables in ${file} are stale: run \`make readme\` and commit it`)
    process.exitCode = 1
  }
}
