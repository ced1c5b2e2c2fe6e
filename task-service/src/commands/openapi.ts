import { readFileSync, writeFileSync } from 'node:fs'
import { buildApp } from '../app.ts'
import { loadConfig } from '../config.ts'

const FILE = new URL('../../openapi.json', import.meta.url)

/** The document as the running service serves it; built without any store. */
async function document(): Promise<string> {
  const { app } = await buildApp(loadConfig({ LOG_LEVEL: 'silent' }))
  await app.ready()
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
  await app.close()
  return text
}

const generated = await document()
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, generated)
} else if (readFileSync(FILE, 'utf8') !== generated) {
  console.error('openapi.json is stale: run `npm run openapi` and commit it')
  process.exit(1)
}
