import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const HOST = '127.0.0.1'

/**
 * - `pass`: bytes go through, `delayMs` late.
 * - `stall`: nothing goes through; what is on its way arrives when the link passes again.
 * - `lose-requests`, `lose-answers`: bytes of one direction disappear. Connections that lost some are reset when the link
 *   passes again, since what is left of them makes no sense.
 * - `refuse`: open connections are reset, new ones too.
 */
export type LinkMode = 'pass' | 'stall' | 'lose-requests' | 'lose-answers' | 'refuse'

export interface Target {
  readonly host: string
  readonly port: number
}

/** One link between two processes that can be broken on its own. */
export interface FaultProxy {
  readonly port: number
  /** Bytes that have disappeared so far */
  readonly lostBytes: number
  set(mode: LinkMode): void
  /** Latency added to each direction, while the link passes; 0 = none. */
  delay(milliseconds: number): void
  /** Resets every open connection; new ones work. */
  reset(): void
  /** Where new connections go; resets the open ones. */
  retarget(target: Target): void
  close(): Promise<void>
}

interface Link {
  mode: LinkMode
  lostBytes: number
  delayMs: number
  target: Target
}

interface Connection {
  /** To be called when the link's mode has changed. */
  update(): void
  reset(): void
}

/** Listens on a free loopback port and connects each client to `target`. */
export async function startFaultProxy(target: Target): Promise<FaultProxy> {
  const link: Link = { mode: 'pass', lostBytes: 0, delayMs: 0, target }
  const connections = new Set<Connection>()

  const server = createServer((client) => {
    if (link.mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const connection = join(client, link, () => connections.delete(connection))
    connections.add(connection)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, resolve)
  })

  const resetAll = () => {
    for (const connection of [...connections]) connection.reset()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get lostBytes() {
      return link.lostBytes
    },
    set(mode) {
      link.mode = mode
      if (mode === 'refuse') resetAll()
      else for (const connection of [...connections]) connection.update()
    },
    delay(milliseconds) {
      link.delayMs = milliseconds
    },
    reset: resetAll,
    retarget(next) {
      link.target = next
      resetAll()
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      resetAll()
      await closed
    },
  }
}

/** Connects a client with the target. When one side ends, the other is reset, and bytes on their way are lost. */
function join(client: Socket, link: Link, onClosed: () => void): Connection {
  const server = connect(link.target.port, link.target.host)
  const damage = { done: false }
  const reset = () => {
    for (const socket of [client, server]) socket.resetAndDestroy()
    onClosed()
  }
  for (const socket of [client, server]) {
    socket.setNoDelay(true)
    socket.once('close', reset)
    // Resets are injected on purpose; `close` follows each.
    socket.on('error', () => {})
  }
  const pumps = [
    pump(client, server, link, damage, 'lose-requests'),
    pump(server, client, link, damage, 'lose-answers'),
  ]
  return {
    reset,
    update() {
      if (damage.done && link.mode === 'pass') reset()
      else for (const update of pumps) update()
    },
  }
}

/** Moves bytes one way, in order. @returns a function to call when the link's mode has changed */
function pump(
  from: Socket,
  to: Socket,
  link: Link,
  damage: { done: boolean },
  losing: 'lose-requests' | 'lose-answers',
): () => void {
  const late: { chunk: Buffer; due: number }[] = []
  const forward = (chunk: Buffer) => {
    if (!to.destroyed && !to.write(chunk)) from.pause()
  }
  const forwardDue = () => {
    while (late[0] !== undefined && late[0].due <= performance.now())
      forward((late.shift() as (typeof late)[0]).chunk)
    if (late[0] !== undefined) setTimeout(forwardDue, Math.max(1, late[0].due - performance.now()))
  }
  const update = () => {
    if (link.mode === 'stall') from.pause()
    else from.resume()
  }
  from.on('data', (chunk) => {
    if (link.mode === losing) {
      damage.done = true
      link.lostBytes += chunk.length
    } else if (link.delayMs === 0 && late.length === 0) forward(chunk)
    else {
      // What comes after a delay was shortened still waits for what came before.
      late.push({ chunk, due: Math.max(performance.now() + link.delayMs, late.at(-1)?.due ?? 0) })
      if (late.length === 1) setTimeout(forwardDue, link.delayMs)
    }
  })
  to.on('drain', update)
  update()
  return update
}
