import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** A connection that its client keeps, and uses no more, is closed after this. */
const KEPT_MS = 1_000
/** Clients that never stop connecting do not hold up the end: there are more turns than a kernel's queue is long (4,096). */
const MOST_TURNS = 5_000

/**
 * Makes an app ready to leave without failing a request. Call it before the app listens.
 *
 * A client that keeps connections may send a request at the very moment at which the server closes one, and learns only
 * that it broke: a proxy cannot repeat a POST then, and answers 502 (RFC 9112 §9.5). So every answer of a drain closes
 * its own connection, new ones are taken meanwhile, and what is closed without an answer in the end was not in use.
 * @param leaving is told when the drain begins: from then on every answer has to close its connection
 * @returns begins the drain; resolves when load balancers have had `delayMs` ms to see it, and the connections
 * that were open then are gone, or have not been used for a second more
 */
export function prepareDrain(
  app: FastifyInstance,
  leaving: { drain(): void },
  keptMs = KEPT_MS,
): (delayMs: number) => Promise<void> {
  const open = new Set<Socket>()
  let taken = 0
  app.server.on('connection', (socket: Socket) => {
    taken++
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  // The kernel has accepted some that this process has not seen yet: closing would reset them. Node takes one in a turn of its
  // event loop, so that there are none left after a whole turn without any.
  app.addHook('preClose', async () => {
    await nextTurn()
    for (let [turns, before] = [0, -1]; taken !== before && turns < MOST_TURNS; turns++) {
      before = taken
      await nextTurn()
    }
  })
  return async (delayMs) => {
    leaving.drain()
    const gone = [...open].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    await sleep(delayMs)
    await Promise.race([Promise.all(gone), sleep(keptMs, undefined, { ref: false })])
  }
}
