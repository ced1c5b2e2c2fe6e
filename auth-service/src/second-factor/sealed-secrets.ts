import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
/** NIST SP 800-38D §8.2.1 */
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts secrets for the database: whoever reads a backup learns none. A sealed secret is bound to its account, so
 * that it cannot be moved to another one.
 */
export class SealedSecrets {
  readonly #key: Buffer

  /** @param secret of the setting; any text of enough entropy (RFC 5869) */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'authdb second factor', KEY_BYTES))
  }

  seal(text: string, accountId: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(accountId))
    const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final()]
    return Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** @throws Error when it was sealed by another secret or for another account, or was changed */
  open(sealed: string, accountId: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv(ALGORITHM, this.#key, bytes.subarray(0, NONCE_BYTES))
    decipher.setAAD(Buffer.from(accountId)).setAuthTag(bytes.subarray(-TAG_BYTES))
    const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
    return Buffer.concat(text).toString('utf8')
  }
}
