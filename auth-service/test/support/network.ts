import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'

/** A way to a store that can be cut and opened again, without touching the store. */
export class Gate {
  readonly #target: { host: string; port: number }
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  port = 0
  /** How long a new connection waits before anything goes through */
  acceptMs = 0

  constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) }
  }

  async open(): Promise<void> {
    // The same each time, and nobody else's while the gate is closed.
    this.port ||= await freePort()
    const server = createServer((client) => {
      const store = connect(this.#target)
      for (const socket of [client, store]) {
        this.#sockets.add(socket)
        socket.on('close', () => this.#sockets.delete(socket))
        socket.on('error', () => socket.destroy())
      }
      setTimeout(() => client.pipe(store).pipe(client), this.acceptMs)
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.#server = server
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#server = undefined
  }
}

/** An open gate to a store; closed when the tests end. */
export async function newGate(t: Test, target: string): Promise<Gate> {
  const gate = new Gate(new URL(target))
  await gate.open()
  t.teardown(() => gate.close())
  return gate
}
