import createError from '@fastify/error'

export const DatabaseUnavailable = createError(
  'database_unavailable',
  'The database does not answer at the moment. Please try again.',
  503,
)

/** The driver's errors about how it is used: faults in this program. Its others are about what it reached, or did not. */
const MISUSE = new Set([
  'MongoAPIError',
  'MongoInvalidArgumentError',
  'MongoParseError',
  'MongoTransactionError',
  'MongoCursorInUseError',
  'MongoCursorExhaustedError',
  'MongoMissingDependencyError',
  'MongoMissingCredentialsError',
])
/** What the server answered, as opposed to what became of the connection. */
const ANSWERS = new Set(['MongoServerError', 'MongoBulkWriteError'])
/** The driver lets an error of the socket through as it is when the other side has just hung up. */
const SOCKET_CODE =
  /^(EPIPE|ECONN[A-Z]+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ERR_STREAM_[A-Z_]+)$/
/** Server error codes: not primary or shutting down, time limit exceeded, no primary found. */
const AWAY_CODES = new Set([6, 7, 50, 64, 89, 91, 133, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])

/** Whether it is MongoDB that failed, or the way to it: of a write, nobody can tell then whether it took effect. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? error.code : undefined
  if (ANSWERS.has(error.name)) return AWAY_CODES.has(Number(code))
  if (/^(Mongo|PoolCleared)/.test(error.name)) return !MISUSE.has(error.name)
  return typeof code === 'string' && SOCKET_CODE.test(code)
}

/**
 * Runs one database operation for a repository.
 * @throws DatabaseUnavailable when MongoDB cannot be reached in time; other errors as they are
 */
export async function guarded<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    throw isAway(error) ? new DatabaseUnavailable({ cause: error }) : error
  }
}
