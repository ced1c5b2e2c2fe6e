import { readFile } from 'node:fs/promises'
import { SettingsInvalid } from '../platform/settings.ts'
import { parseKeys, type SigningKey } from './key-file.ts'

const RELOAD_MS = 2_000

interface Log {
  info: (details: object, message: string) => void
  error: (details: object, message: string) => void
}

/** One reading of the file: the keys in it, and the text that the watch compares the next one with. */
export interface KeyReading {
  file: string
  text: string
  keys: SigningKey[]
}

/**
 * Reads the signing keys at start.
 * @throws SettingsInvalid naming the file and what is wrong with it
 */
export async function readKeys(file: string): Promise<KeyReading> {
  try {
    const text = await readFile(file, 'utf8')
    return { file, text, keys: await parseKeys(text) }
  } catch (error) {
    throw new SettingsInvalid(`SIGNING_KEYS_FILE ${file}: ${(error as Error).message}`)
  }
}

/**
 * Looks at the file again and again and hands on what changed since a reading. It polls because a mounted secret is
 * replaced by renaming directories, which file watchers miss. While the file cannot be read the known keys stay in
 * use; each time that it breaks is logged once.
 * @param everyMs 2 s unless told
 * @returns a function that ends it
 */
export function watchKeys(
  { file, text: seen }: KeyReading,
  log: Log,
  replace: (keys: SigningKey[]) => void,
  everyMs = RELOAD_MS,
): () => void {
  let known = seen
  let broken = false
  const look = async () => {
    try {
      const text = await readFile(file, 'utf8')
      const keys = text === known ? undefined : await parseKeys(text)
      if (broken) log.info({ file }, 'the file of the signing keys can be read again')
      broken = false
      if (!keys) return
      known = text
      replace(keys)
      log.info({ kids: keys.map((key) => key.kid) }, 'signing keys reloaded')
    } catch (error) {
      const reason = (error as Error).message
      if (!broken) log.error({ file, reason }, 'signing keys could not be reloaded, keeping the ones in use')
      broken = true
    }
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
