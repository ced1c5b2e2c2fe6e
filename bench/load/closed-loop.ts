import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i
const EMPTY = Buffer.alloc(0)

/** What is asked over and over. A connection has one request under way. */
export interface Workload {
  readonly url: string
  readonly connections: number
  /** The bytes of the next request of a connection */
  next(connection: number): Buffer
  /** What a connection was answered, where that decides its next request */
  answered?(connection: number, answer: Answer): void
  /** Anything else ends the measurement with an error. */
  readonly expected: number
  /** A line of the head that answers of this kind have; others are counted. */
  readonly says?: string
}

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: Buffer
}

export interface LoadResult {
  readonly requests: number
  /** Answers that were not of the kind that was to be measured */
  readonly others: number
  /** Milliseconds from sending to the last byte, sorted */
  readonly latencies: number[]
}

/** @returns the first whole answer in `bytes` and how long it is; undefined while there is more to come */
function parse(bytes: Buffer): { answer: Answer; length: number } | undefined {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  const bodyAt = headEnd + HEAD_END.length
  const length = bodyAt + Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0)
  if (bytes.length < length) return undefined
  return { answer: { status: Number(head.slice(9, 12)), head, body: bytes.subarray(bodyAt, length) }, length }
}

class Connection {
  readonly #socket: Socket
  readonly #onAnswer: (answer: Answer) => void
  #received: Buffer = EMPTY

  constructor(url: URL, onAnswer: (answer: Answer) => void, onFailure: (error: Error) => void) {
    this.#onAnswer = onAnswer
    this.#socket = connect(Number(url.port), url.hostname).setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#push(chunk))
    this.#socket.on('error', onFailure)
    this.#socket.on('end', () => onFailure(new Error('the server closed a connection')))
  }

  send(request: Buffer): void {
    this.#socket.write(request)
  }

  close(): void {
    this.#socket.destroy()
  }

  #push(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const parsed = parse(this.#received)
    if (!parsed) return
    this.#received = this.#received.subarray(parsed.length)
    this.#onAnswer(parsed.answer)
  }
}

/**
 * A closed loop on plain sockets: each connection sends its next request when the one before is answered, so the server
 * is always busy and never overrun. For processor time per request; latencies at a given rate are the open loop's matter.
 * @throws Error on any answer but the expected one
 */
export function closedLoop(workload: Workload, durationMs: number): Promise<LoadResult> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>()
  const url = new URL(workload.url)
  const latencies: number[] = []
  const until = performance.now() + durationMs
  let open = workload.connections
  let others = 0

  const connections = Array.from({ length: workload.connections }, (_, index) => {
    let sent = 0
    const ask = () => {
      sent = performance.now()
      connection.send(workload.next(index))
    }
    const connection = new Connection(
      url,
      (answer) => {
        const now = performance.now()
        latencies.push(now - sent)
        if (answer.status !== workload.expected) return fail(new Error(`${answer.status}: ${answer.body}`))
        if (workload.says !== undefined && !answer.head.includes(workload.says)) others++
        workload.answered?.(index, answer)
        if (now < until) return ask()
        connection.close()
        open--
        if (open === 0)
          resolve({ requests: latencies.length, others, latencies: latencies.toSorted((a, b) => a - b) })
      },
      fail,
    )
    return { ask, close: () => connection.close() }
  })

  function fail(error: Error): void {
    for (const { close } of connections) close()
    reject(error)
  }

  for (const { ask } of connections) ask()
  return promise
}

/** The bytes of a request. */
export function request(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: object,
): Buffer {
  const content = body === undefined ? '' : JSON.stringify(body)
  const all = {
    host: 'bench',
    ...headers,
    ...(body && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(content)),
    }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${content}`)
}
