import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'

/** A way to a store that can be cut, stalled and watched, without touching the store. */
export class Gate {
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #held: (() => void)[] | undefined
  #stallBefore: string | undefined
  #holdBefore: string | undefined
  /** Connections that are held back, by their clients, and what has come on them */
  readonly #alone = new Set<Socket>()
  readonly #heldAlone: (() => void)[] = []
  port = 0
  /** What has come from the client, also while it is held back. A test empties it. */
  sent = ''
  /** What becomes of an answer on its way */
  onAnswer: (chunk: Buffer) => Buffer = (chunk) => chunk

  constructor(target: string) {
    this.#target = new URL(target)
  }

  /** The store's address, by way of this gate. */
  get url(): string {
    const url = new URL(this.#target)
    url.host = `127.0.0.1:${this.port}`
    if (url.protocol === 'mongodb:') url.searchParams.set('directConnection', 'true')
    return url.href
  }

  async open(): Promise<void> {
    // The same each time, and nobody else's while the gate is closed.
    this.port ||= await freePort()
    const server = createServer((client) => this.#join(client))
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.#server = server
  }

  /** Ends every connection; new ones are refused. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined))
    this.reset()
    await closed
    this.#server = undefined
  }

  /** Ends every connection; new ones work. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Nothing goes through any more, and nobody is told: what was sent arrives late, even if its sender has gone. */
  stall(): void {
    this.#held = []
  }

  /** Stalls when these bytes come from the client, and holds them back with all that follows. */
  stallBefore(bytes: string): void {
    this.#stallBefore = bytes
  }

  get isStalled(): boolean {
    return this.#held !== undefined
  }

  /** The connection on which these bytes come is held back from there on, and no other. */
  holdBefore(bytes: string): void {
    this.#holdBefore = bytes
  }

  /** Whether such a connection is held back now */
  get isHolding(): boolean {
    return this.#alone.size > 0
  }

  /** What was held back arrives late. */
  release(): void {
    const held = [...this.#heldAlone, ...(this.#held ?? [])]
    this.#held = undefined
    this.#heldAlone.length = 0
    this.#alone.clear()
    this.#holdBefore = undefined
    for (const send of held) send()
  }

  #join(client: Socket): void {
    const store = connect({ host: this.#target.hostname, port: Number(this.#target.port) })
    for (const [socket, other] of [
      [client, store],
      [store, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#pass(client, () => other.end())
      })
    }
    client.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      this.sent += text
      if (this.#stallBefore !== undefined && text.includes(this.#stallBefore)) {
        this.#stallBefore = undefined
        this.stall()
      }
      if (this.#holdBefore !== undefined && text.includes(this.#holdBefore)) {
        this.#holdBefore = undefined
        this.#alone.add(client)
      }
      this.#pass(client, () => store.write(chunk))
    })
    store.on('data', (chunk) => this.#pass(client, () => client.write(this.onAnswer(chunk))))
  }

  #pass(client: Socket, send: () => void): void {
    if (this.#alone.has(client)) this.#heldAlone.push(send)
    else if (this.#held) this.#held.push(send)
    else send()
  }
}

/** An open gate to a store; closed when the tests end. */
export async function newGate(t: Test, target: string): Promise<Gate> {
  const gate = new Gate(target)
  await gate.open()
  t.teardown(() => gate.close())
  return gate
}
