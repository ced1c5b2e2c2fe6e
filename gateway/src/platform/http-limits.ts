/** How long a client may take, in milliseconds. */
export interface Patience {
  /** Request line and headers */
  headers: number
  /** The whole request, its body included */
  request: number
  /** Node looks for late requests this often, so each is cut at most this much later */
  check: number
  /** A connection on which nothing moves in either direction while a request is being served or answered */
  silence: number
  /** An idle connection between two requests */
  keepAlive: number
}

/** Above the heartbeat of event streams (15 s), below proxies' patience with us (60 s). */
const SILENCE_MS = 40_000
/** Longer than proxies keep an idle connection (60 s); else they meet a closing socket and a POST ends in 502. */
const KEEP_ALIVE_MS = 72_000

export const PATIENCE: Patience = {
  headers: 10_000,
  request: 15_000,
  check: 1_000,
  silence: SILENCE_MS,
  keepAlive: KEEP_ALIVE_MS,
}

/**
 * Fastify options of a server that waits for nobody for ever. They come together or not at all: `requestTimeout` without
 * `headersTimeout` (60 s by default) is void, since Node swaps the two when the first is the smaller, and
 * without `connectionsCheckingInterval` it is looked at every 30 s only.
 */
export function httpLimits({ headers, request, check, silence, keepAlive }: Patience = PATIENCE) {
  return {
    requestTimeout: request,
    connectionTimeout: silence,
    keepAliveTimeout: keepAlive,
    // No limit: Node answers what comes after the last request with a bare 503, and proxies close idle ones anyway.
    maxRequestsPerSocket: 0,
    http: {
      headersTimeout: headers,
      requestTimeout: request,
      connectionsCheckingInterval: check,
      // Refused in the envelope, see protocol.ts.
      requireHostHeader: false,
    },
  }
}
