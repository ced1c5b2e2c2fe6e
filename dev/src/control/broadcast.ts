import type { ServerResponse } from 'node:http'

const BATCH_MS = 100
/** A reader that does not keep up is let go; the page connects again. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024
export const MAX_READERS = 8

/** One stream of Server-Sent Events to every reader: what happened within 100 ms is one message of each kind. */
export class Broadcast {
  readonly #readers = new Set<ServerResponse>()
  readonly #lists = new Map<string, unknown[]>()
  readonly #latest = new Map<string, unknown>()
  readonly #onNobody: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param onNobody the last reader has gone */
  constructor(onNobody: () => void) {
    this.#onNobody = onNobody
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Adds to the list of its kind; nothing is kept while nobody reads. */
  push(kind: string, item: unknown): void {
    if (this.#readers.size === 0) return
    const list = this.#lists.get(kind)
    if (list) list.push(item)
    else this.#lists.set(kind, [item])
    this.#schedule()
  }

  /** Replaces the last value of this kind. A new reader gets it at once. */
  set(kind: string, value: unknown): void {
    this.#latest.set(kind, value)
    if (this.#readers.size === 0) return
    this.#lists.set(kind, [value])
    this.#schedule()
  }

  add(response: ServerResponse): void {
    this.#readers.add(response)
    response.once('close', () => {
      this.#readers.delete(response)
      if (this.#readers.size === 0) this.#onNobody()
    })
    // Opens the stream also when there is nothing to say yet.
    response.write(': the control port of AuthDB\n\n')
    for (const [kind, value] of this.#latest) response.write(message(kind, [value]))
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const response of this.#readers) response.end()
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS)
  }

  #flush(): void {
    this.#timer = undefined
    const text = [...this.#lists].map(([kind, list]) => message(kind, list)).join('')
    this.#lists.clear()
    for (const response of this.#readers) {
      response.write(text)
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy()
    }
  }
}

function message(kind: string, list: readonly unknown[]): string {
  return `event: ${kind}\ndata: ${JSON.stringify(list)}\n\n`
}
