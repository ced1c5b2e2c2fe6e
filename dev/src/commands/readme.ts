import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../checkout.ts'

/** The README's tables of settings, made from the services' own schemas: `readme.ts` writes, `readme.ts --check` compares. */
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

let text = readFileSync(FILE, 'utf8')
for (const service of SERVICES) {
  const [begin, end] = [`<!-- settings of ${service} -->`, `<!-- end of settings of ${service} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no place for the settings of ${service}`)
  text = `${text.slice(0, from)}${begin}\n${table(await environmentOf(service))}\n${text.slice(to)}`
}

if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('The settings in README.md are stale: run `make readme` and commit it')
  process.exitCode = 1
}
