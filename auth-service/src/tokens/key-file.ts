import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** One EC P-256 key pair of the ring. */
export interface SigningKey {
  /** RFC 7638 thumbprint */
  kid: string
  /** Unix seconds; 0 when the file does not say */
  createdAt: number
  privatePem: string
  publicPem: string
  publicJwk: PublicJwk
}

export interface PublicJwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
  kid: string
  alg: 'ES256'
  use: 'sig'
}

/** RFC 7638 §3: SHA-256 of the required members in lexical order. */
function thumbprint({ crv, kty, x, y }: { crv: string; kty: string; x: string; y: string }): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function toSigningKey(key: KeyObject, createdAt: number): SigningKey {
  const publicKey = createPublicKey(key)
  const { crv, x, y } = publicKey.export({ format: 'jwk' })
  if (crv !== 'P-256' || !x || !y) throw new Error('another kind of key')
  const kid = thumbprint({ kty: 'EC', crv, x, y })
  return {
    kid,
    createdAt,
    privatePem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    publicJwk: { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' },
  }
}

/** What Node and OpenSSL say about a key that they refuse can quote it. */
function readKey(read: () => KeyObject, name: string, createdAt: number): SigningKey {
  try {
    return toSigningKey(read(), createdAt)
  } catch {
    throw new Error(`${name} is no EC P-256 private key`)
  }
}

/** `JSON.parse` quotes what it stumbles over. */
function parseJson(text: string): { keys?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('neither JSON nor PEM')
  }
}

function parseJwks(text: string): SigningKey[] {
  const keys = parseJson(text)?.keys
  if (!Array.isArray(keys)) throw new Error('no "keys" in it')
  return keys.map((jwk, i) => {
    const createdAt = Number.isInteger(jwk?.iat) ? jwk.iat : 0
    return readKey(() => createPrivateKey({ key: jwk, format: 'jwk' }), `key ${i + 1}`, createdAt)
  })
}

/**
 * Reads a private JWKS, or one PEM EC P-256 private key. The ids of the keys are computed, so they cannot disagree
 * between instances.
 * @throws Error saying what is wrong in words that hold nothing of the content
 */
export function parseKeys(text: string): SigningKey[] {
  const isPem = text.includes('-----BEGIN')
  const keys = isPem ? [readKey(() => createPrivateKey(text), 'it', 0)] : parseJwks(text)
  if (keys.length === 0) throw new Error('no keys in it')
  return keys
}

/** The private JWKS document of keys. */
export function formatKeys(keys: SigningKey[]): string {
  const jwks = keys.map((key) => {
    const { d } = createPrivateKey(key.privatePem).export({ format: 'jwk' })
    return { ...key.publicJwk, d, iat: key.createdAt }
  })
  return `${JSON.stringify({ keys: jwks }, null, 2)}\n`
}

/** @param createdAt Unix seconds */
export function fromKeyObject(key: KeyObject, createdAt: number): SigningKey {
  return toSigningKey(key, createdAt)
}
