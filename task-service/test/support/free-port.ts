import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
/** Below what kernels give to whoever asks for any port, and apart from the ports of dev/ */
const [FIRST_PORT, LAST_PORT] = [11_000, 19_000]

/** Keeps the number in UDP, which nobody uses here, for as long as this process lives. @returns false where it is taken */
async function reserve(port: number): Promise<boolean> {
  const reservation = createSocket('udp4')
  const server = createServer()
  try {
    reservation.bind({ port, address: HOST, exclusive: true })
    await once(reservation, 'listening')
    server.listen(port, HOST)
    await once(server, 'listening')
    await new Promise((resolve) => server.close(resolve))
    reservation.unref()
    return true
  } catch {
    reservation.close()
    return false
  }
}

/**
 * A port on which nobody listens, and that nobody gets while this process lives: neither another test, nor a connection of this
 * machine. So a server of a test can go, and come back at the same address.
 */
export async function freePort(): Promise<number> {
  let port = randomInt(FIRST_PORT, LAST_PORT)
  while (!(await reserve(port))) port = randomInt(FIRST_PORT, LAST_PORT)
  return port
}
