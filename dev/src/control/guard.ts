import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const SECONDS = 1_000

export interface GuardSettings {
  /** Of this run alone; the page gets it in the fragment of the address that `make dev` prints */
  secret: string
  /** `host:port` under which the control port is asked */
  hosts: readonly string[]
  /** Origins of the page */
  origins: readonly string[]
  /** POSTs in a second, of everybody together */
  maxCommands: number
}

function isSecret(header: string | undefined, secret: string): boolean {
  const given = Buffer.from(header ?? '')
  const expected = Buffer.from(`Bearer ${secret}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function refuse(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).send({ status, detail })
}

/** Counts within a window of one second. */
function rateLimit(max: number): () => boolean {
  let windowEnds = 0
  let count = 0
  return () => {
    const now = performance.now()
    if (now >= windowEnds) {
      windowEnds = now + SECONDS
      count = 0
    }
    return ++count <= max
  }
}

/**
 * Whoever may ask: the page of this run, from this machine. A name that was rebound to 127.0.0.1 has another Host; another
 * site has another Origin and no secret. Bodies are JSON alone: the server has no parser for anything else.
 */
export function guard(app: FastifyInstance, { secret, hosts, origins, maxCommands }: GuardSettings): void {
  const withinRate = rateLimit(maxCommands)

  function check(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const { host = '', origin = '', authorization } = request.headers
    if (!hosts.includes(host)) return refuse(reply, 421, 'This host is not served here.')
    if (!origins.includes(origin)) return refuse(reply, 403, 'This origin may not control anything.')
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin', 'cache-control': 'no-store' })
    if (request.method === 'OPTIONS') {
      return reply
        .headers({
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'authorization, content-type',
          'access-control-max-age': '600',
        })
        .code(204)
        .send()
    }
    if (!isSecret(authorization, secret)) return refuse(reply, 401, 'The secret of this run is missing.')
    if (request.method !== 'POST') return undefined
    if (!withinRate()) return refuse(reply, 429, 'Too many commands. Please wait a second.')
    return undefined
  }

  app.addHook('onRequest', async (request, reply) => check(request, reply))
}
