import { randomBytes } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './checkout.ts'
import { privateDirectory } from './private.ts'
import { run } from './run.ts'

const KEYS_TIMEOUT_MS = 120_000
const SECRET_BYTES = 48
const PASSWORD_BYTES = 18

/** Secrets without which auth-service does not start. */
export interface Secrets {
  signingKeysFile: string
  refreshTokenSecret: string
  secondFactorSecret: string
  /** First password of the first administrator */
  adminPassword: string
}

async function keep(file: string, bytes: number): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined)
  if (known) return known
  const made = randomBytes(bytes).toString('base64url')
  await writeFile(file, made, { mode: 0o600 })
  return made
}

/**
 * Made once and kept in `directory`, readable by this user alone.
 * @throws Error when the signing keys cannot be made
 */
export async function ensureSecrets(directory: string): Promise<Secrets> {
  await privateDirectory(directory)
  const signingKeysFile = join(directory, 'signing-keys.json')
  const refreshTokenSecret = await keep(join(directory, 'refresh-token-secret'), SECRET_BYTES)
  const secondFactorSecret = await keep(join(directory, 'second-factor-secret'), SECRET_BYTES)
  const adminPassword = await keep(join(directory, 'admin-password'), PASSWORD_BYTES)
  const known = await access(signingKeysFile).then(
    () => true,
    () => false,
  )
  if (!known) {
    const script = join(ROOT, 'auth-service', 'src', 'commands', 'keys.ts')
    const made = await run(process.execPath, [script, signingKeysFile], KEYS_TIMEOUT_MS)
    if (!made.ok) throw new Error(`The signing keys cannot be made: ${made.stderr.trim()}`)
  }
  return { signingKeysFile, refreshTokenSecret, secondFactorSecret, adminPassword }
}
