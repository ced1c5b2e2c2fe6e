import { createPrivateKey } from 'node:crypto'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose'

/** What the keys are for; only EC P-256 keys can be. */
const ALGORITHM = 'ES256'

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

/** PEM is kept, since the signer takes that; jose signs in libuv's pool, behind the password hashes. */
async function toSigningKey(jwk: JWK, createdAt: number): Promise<SigningKey> {
  const { kty, crv, d, x, y } = jwk
  if (kty !== 'EC' || crv !== 'P-256' || !d || !x || !y) throw new Error('another kind of key')
  const pair = { kty: 'EC', crv: 'P-256', x, y } as const
  const privateKey = (await importJWK({ ...pair, d }, ALGORITHM, { extractable: true })) as CryptoKey
  const publicKey = (await importJWK(pair, ALGORITHM)) as CryptoKey
  const kid = await calculateJwkThumbprint(pair)
  return {
    kid,
    createdAt,
    privatePem: await exportPKCS8(privateKey),
    publicPem: await exportSPKI(publicKey),
    publicJwk: { ...pair, kid, alg: ALGORITHM, use: 'sig' },
  }
}

/** What Node and OpenSSL say about a key that they refuse can quote it. */
async function readKey(read: () => Promise<JWK>, name: string, createdAt: number): Promise<SigningKey> {
  try {
    return await toSigningKey(await read(), createdAt)
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

async function parseJwks(text: string): Promise<SigningKey[]> {
  const keys = parseJson(text)?.keys
  if (!Array.isArray(keys)) throw new Error('no "keys" in it')
  const read: SigningKey[] = []
  for (const [i, jwk] of keys.entries()) {
    const createdAt = Number.isInteger(jwk?.iat) ? jwk.iat : 0
    read.push(await readKey(async () => jwk, `key ${i + 1}`, createdAt))
  }
  return read
}

/**
 * Reads a private JWKS, or one PEM EC P-256 private key. The ids of the keys are computed, so they cannot disagree
 * between instances.
 * @throws Error saying what is wrong in words that hold nothing of the content
 */
export async function parseKeys(text: string): Promise<SigningKey[]> {
  const isPem = text.includes('-----BEGIN')
  const keys = isPem
    ? [await readKey(async () => exportJWK(createPrivateKey(text)), 'it', 0)]
    : await parseJwks(text)
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
export async function newSigningKey(createdAt: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  return toSigningKey(await exportJWK(privateKey), createdAt)
}
