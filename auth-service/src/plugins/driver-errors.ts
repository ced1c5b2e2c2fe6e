import { DatabaseUnavailable } from '../errors.ts'

/** The driver's own errors that mean "not reachable now", as opposed to "this operation is wrong". */
const AWAY = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoOperationTimeoutError',
  'MongoServerClosedError',
  'MongoStalePrimaryError',
  'MongoWriteConcernError',
  'PoolClearedOnNetworkError',
])
/** Server error codes: not primary or shutting down, time limit exceeded, no primary found. */
const AWAY_CODES = new Set([6, 7, 50, 64, 89, 91, 133, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])
const DUPLICATE_KEY = 11_000

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === DUPLICATE_KEY
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    AWAY.has(error.name) ||
    (error.name.startsWith('Mongo') && 'code' in error && AWAY_CODES.has(Number(error.code)))
  )
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
