import { newSigningKey, type SigningKey } from './key-file.ts'

/** Longer than a token signed with a superseded key can live: a day of propagation and a day of token life at most. */
const RETENTION_SECONDS = 3 * 86_400
/** More in one file means that something rotates in a loop. */
const MAX_KEYS = 20

/**
 * The keys after a rotation: a new one in front, without those whose successor has been around so long that no token
 * of theirs is left.
 * @throws Error when the ring would grow out of bounds
 */
export async function rotate(keys: SigningKey[], nowSeconds: number): Promise<SigningKey[]> {
  const byAge = [await newSigningKey(nowSeconds), ...keys].sort((a, b) => b.createdAt - a.createdAt)
  const kept = byAge.filter((_key, i) => {
    const successor = byAge[i - 1]
    return successor === undefined || successor.createdAt + RETENTION_SECONDS > nowSeconds
  })
  if (kept.length > MAX_KEYS)
    throw new Error(`${MAX_KEYS} keys are in use already; the next rotation can be in 3 days`)
  return kept
}
