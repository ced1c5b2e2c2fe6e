/** Nothing was written, and nothing will be. A `commit` may throw it as well, to say so. */
export class NothingWritten extends Error {
  override readonly name = 'NothingWritten'
}

/** Written, but a reader may still be shown an older list: not to be acknowledged. */
export class NotAnnounced extends Error {
  override readonly name = 'NotAnnounced'
}

/** Nothing was written: too many writes of one owner are in progress. */
export class TooManyWriters extends Error {
  override readonly name = 'TooManyWriters'
}

/** Redis did not answer, or is not the process the lease speaks of. Never leaves the cache. */
export class CacheUnreachable extends Error {
  override readonly name = 'CacheUnreachable'
}

/** An unreachable cache is an answer like others; any other error is a defect and goes on. */
export async function orUndefined<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt
  } catch (err) {
    if (err instanceof CacheUnreachable) return undefined
    throw err
  }
}
