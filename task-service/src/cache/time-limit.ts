/**
 * Waits for a database operation, at most so long. `maxTimeMS` limits the server only: the driver may wait for a
 * connection, for a silent socket, and try again, without a limit for all of that together. The operation goes on.
 * @throws Error with code ETIMEDOUT
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
