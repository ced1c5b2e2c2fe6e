import { type DestinationStream, destination } from 'pino'

const STDOUT = 1
/** A line waits so long at most, ms … */
const FLUSH_MS = 100
/** … or until so many bytes are there. */
const FLUSH_BYTES = 8_192
/** While nobody reads the output: what is more is dropped, so that a stuck reader costs the log and not the service. */
const MAX_BYTES = 4_194_304

/**
 * Where the log goes: standard output, many lines in one write. A write for each line was a fifteenth of the cost of a
 * cached list. What waits is written when the process ends; SIGKILL loses it.
 */
export function logStream(): DestinationStream {
  return destination({
    dest: STDOUT,
    sync: false,
    minLength: FLUSH_BYTES,
    maxLength: MAX_BYTES,
    // Of sonic-boom, which pino's own types do not name.
    ...{ periodicFlush: FLUSH_MS },
  })
}
