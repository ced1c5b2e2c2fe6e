import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.ts'
import { loadConfig } from '../config.ts'
import { formatKeys, rotate } from '../tokens/index.ts'

const FILE = new URL('../../openapi.json', import.meta.url)

/** The document as the running service serves it; built with throw-away keys and without any store. */
async function document(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'openapi-'))
  try {
    const keys = join(folder, 'keys.json')
    writeFileSync(keys, formatKeys(await rotate([], 0)), { mode: 0o600 })
    const { app } = await buildApp(
      loadConfig({
        SIGNING_KEYS_FILE: keys,
        REFRESH_TOKEN_SECRET: '-'.repeat(32),
        SECOND_FACTOR_SECRET: '-'.repeat(32),
        LOG_LEVEL: 'silent',
      }),
    )
    await app.ready()
    const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
    await app.close()
    return text
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const generated = await document()
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, generated)
} else if (readFileSync(FILE, 'utf8') !== generated) {
  console.error('openapi.json is stale: run `npm run openapi` and commit it')
  process.exit(1)
}
