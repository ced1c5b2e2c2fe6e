import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'

export const HOST = '127.0.0.1'
const CONNECT_TIMEOUT_MS = 2_000
/** Below what kernels give to whoever asks for any port (Linux from 32768, macOS from 49152). */
const [FIRST_PORT, LAST_PORT] = [20_000, 32_000]

/** A port this checkout wants, and how its user chooses another. */
export interface WantedPort {
  port: number
  variable: string
  purpose: string
}

function tryListen(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      server.close(() => resolve())
    })
  })
}

/**
 * Keeps a port for this process while it lives, by its number in UDP, which nobody here uses: the port itself stays free for whom it
 * is meant.
 */
async function reserve(port: number): Promise<boolean> {
  const reservation = createSocket('udp4')
  try {
    reservation.bind({ port, address: HOST, exclusive: true })
    await once(reservation, 'listening')
    await tryListen(port)
    reservation.unref()
    return true
  } catch {
    reservation.close()
    return false
  }
}

/**
 * @returns different ports on which nothing listens. No other process gets them while this one lives: neither from here, nor from
 * its kernel when it asks for any.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    if (await reserve(port)) ports.push(port)
  }
  return ports
}

/**
 * Checks all ports before anything is started.
 * @throws Error of one sentence about the first port that cannot be had, naming the variable that moves it
 */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken = new Map<number, WantedPort>()
  for (const { port, variable, purpose } of wanted) {
    const change = `choose another with ${variable}, for example: make dev ${variable}=${port + 1000}`
    const other = taken.get(port)
    if (other) throw new Error(`Port ${port} is wanted by both ${other.purpose} and ${purpose}: ${change}`)
    taken.set(port, { port, variable, purpose })
    await tryListen(port).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        throw new Error(`Port ${port}, wanted by ${purpose}, is taken: ${change}`)
      if (error.code === 'EACCES')
        throw new Error(`Port ${port}, wanted by ${purpose}, is not allowed to you: ${change}`)
      throw error
    })
  }
}

/** Whether something accepts connections there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: CONNECT_TIMEOUT_MS })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}
