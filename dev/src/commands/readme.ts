import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../checkout.ts'
import { endpointTable } from '../endpoints.ts'

/** The README's tables of settings and routes, made by the services themselves: `readme.ts` writes, `readme.ts --check` compares. */
const FILE = join(ROOT, 'README.md')
const SERVICES = ['auth-service', 'task-service']

interface Setting {
  description?: string
  default?: unknown
  enum?: string[]
}
interface Environment {
  properties: Record<string, Setting>
  required?: string[]
}

async function environmentOf(service: string): Promise<Environment> {
  const config = await import(pathToFileURL(join(ROOT, service, 'src', 'config.ts')).href)
  return config.Environment
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

function endpointsOf(service: string): string {
  return endpointTable(JSON.parse(readFileSync(join(ROOT, service, 'openapi.json'), 'utf8')))
}

/** @param text of the README, with a comment before and after the place of each table */
function replaced(text: string, what: string, table: string): string {
  const [begin, end] = [`<!-- ${what} -->`, `<!-- end of ${what} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no place for the ${what}`)
  return `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`
}

let text = readFileSync(FILE, 'utf8')
for (const service of SERVICES) {
  text = replaced(text, `settings of ${service}`, table(await environmentOf(service)))
  text = replaced(text, `routes of ${service}`, endpointsOf(service))
}

if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('The tables in README.md are stale: run `make readme` and commit it')
  process.exitCode = 1
}
