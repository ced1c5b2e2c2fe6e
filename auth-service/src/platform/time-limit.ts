/**
 * Waits for a database operation, at most so long. `maxTimeMS` limits the server only: the driver may wait for a
 * connection, for a socket that has gone silent, and try again, and has no limit for all of that together.
 * The operation is not taken back: a write may still take effect.
 * @throws Error with code ETIMEDOUT, as of a socket that timed out
 */
export async function within<T>(limitMs: number, operation: Promise<T>): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>()
  const late = () => reject(Object.assign(new Error(`no answer within ${limitMs} ms`), { code: 'ETIMEDOUT' }))
  const timer = setTimeout(late, limitMs)
  try {
    return await Promise.race([operation, limit])
  } finally {
    clearTimeout(timer)
  }
}
