/** A request as the page draws it; the log line of the service that answered it, or of the gateway when none did. */
export interface RequestEvent {
  id: string
  method: string
  path: string
  status: number
  ms: number
  /** The process that wrote the line */
  instance: string
  /** `Cache-Status` as it was sent */
  cache?: string
  redis?: number
  mongodb?: number
}

/** What a log line tells the page. */
export type LineEvent =
  | { kind: 'request'; request: RequestEvent }
  | { kind: 'in-flight'; byOrigin: Record<string, number> }

/** Not through the gateway: the services ask each other. */
const BETWEEN_SERVICES = /^\/(\.well-known\/jwks\.json|internal|livez|readyz|metrics)/

interface Line {
  msg?: string
  req_id?: string
  method?: string
  path?: string
  status?: number
  ms?: number
  /** nginx's unit */
  seconds?: number
  cache?: string
  redis_ms?: number
  mongodb_ms?: number
  in_flight?: Record<string, number>
}

function parse(line: string): Line | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}

function request(source: string, line: Line): RequestEvent | undefined {
  const { req_id: id, method, path, status, ms, seconds, cache, redis_ms: redis, mongodb_ms: mongodb } = line
  if (!id || !method || !path || status === undefined || BETWEEN_SERVICES.test(path)) return undefined
  return {
    id,
    method,
    path,
    status,
    ms: ms ?? (seconds ?? 0) * 1_000,
    instance: source,
    ...(cache !== undefined && { cache }),
    ...(redis !== undefined && { redis }),
    ...(mongodb !== undefined && { mongodb }),
  }
}

/** @param source the name of the process that printed the line; what is no event of interest is undefined */
export function eventOf(source: string, text: string): LineEvent | undefined {
  const line = parse(text)
  if (!line) return undefined
  if (line.in_flight) return { kind: 'in-flight', byOrigin: line.in_flight }
  const answered = request(source, line)
  return answered && { kind: 'request', request: answered }
}

/** The request of a client that a log line tells of. */
export function requestOf(source: string, text: string): RequestEvent | undefined {
  const event = eventOf(source, text)
  return event?.kind === 'request' ? event.request : undefined
}
