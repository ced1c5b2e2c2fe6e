import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { formatKeys, parseKeys, rotate } from '../tokens/index.ts'

/** Replaces the file in one step, so that a reader finds the old keys or the new ones; nobody else may read it. */
function replaceFile(file: string, content: string): void {
  const next = `${file}.${process.pid}.next`
  const handle = openSync(next, 'wx', 0o600)
  writeSync(handle, content)
  fsyncSync(handle)
  closeSync(handle)
  renameSync(next, file)
}

const [file] = process.argv.slice(2)
if (!file) {
  console.error('usage: node src/commands/keys.ts FILE    makes the private JWKS, or adds a new key to it')
  process.exit(2)
}
try {
  const known = existsSync(file) ? await parseKeys(readFileSync(file, 'utf8')) : []
  const keys = await rotate(known, Math.floor(Date.now() / 1000))
  replaceFile(file, formatKeys(keys))
  console.log(`${known.length === 0 ? 'made' : 'rotated'} ${file}: ${keys.map((key) => key.kid).join(', ')}`)
} catch (error) {
  console.error(`${file}: ${(error as Error).message}`)
  process.exit(1)
}
