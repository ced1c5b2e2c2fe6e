import { createConnection, createServer } from 'node:net'

export const HOST = '127.0.0.1'
const CONNECT_TIMEOUT_MS = 2_000

/** A port this checkout wants, and how its user chooses another. */
export interface WantedPort {
  port: number
  variable: string
  purpose: string
}

function tryListen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}

/** @returns different ports on which nothing listened a moment ago */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await tryListen(0))
  return [...ports]
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
