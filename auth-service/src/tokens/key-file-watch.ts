import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { SettingsInvalid } from '../platform/settings.ts'
import { parseKeys, type SigningKey } from './key-file.ts'

const RELOAD_MS = 2_000

interface Log {
  info: (details: object, message: string) => void
  error: (details: object, message: string) => void
}

/**
 * Reads the signing keys once, at start.
 * @throws SettingsInvalid naming the file and what is wrong with it
 */
export function readKeys(file: string): SigningKey[] {
  try {
    return parseKeys(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new SettingsInvalid(`SIGNING_KEYS_FILE ${file}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Looks at the file every 2 s and hands on what changed. It polls because a mounted secret is replaced by renaming
 * directories, which file watchers miss. While the file cannot be read the known keys stay in use.
 * @returns a function that ends it
 */
export function watchKeys(file: string, log: Log, replace: (keys: SigningKey[]) => void): () => void {
  let seen = readFileSync(file, 'utf8')
  let failed = false
  const look = async () => {
    try {
      const text = await readFile(file, 'utf8')
      if (text === seen) return
      const keys = parseKeys(text)
      seen = text
      failed = false
      replace(keys)
      log.info({ kids: keys.map((key) => key.kid) }, 'signing keys reloaded')
    } catch (err) {
      if (!failed) log.error({ err }, 'signing keys could not be reloaded, keeping the ones in use')
      failed = true
    }
  }
  const timer = setInterval(look, RELOAD_MS)
  timer.unref()
  return () => clearInterval(timer)
}
