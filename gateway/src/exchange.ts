import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

/** An answer that announces at most so many bytes is taken whole: a stream would cost more than the rest of the gateway. */
const WHOLE_BYTES = 262_144
const NOBODY_LISTENS = new Error('the client has hung up')

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** As it came; undefined when there is none */
  body: Buffer | Readable | undefined
}

interface Outcome {
  /** Once */
  onAnswer(answer: Answer): void
  /** In place of an answer; what breaks later breaks its body. */
  onFailure(error: Error & { code?: string }): void
}

/** An answer without a body (RFC 9110 §6.4.1), or with a short one whose length is announced. */
function isShort(method: string, status: number, { 'content-length': length }: IncomingHttpHeaders): boolean {
  const isEmpty = method === 'HEAD' || status === 204 || status === 304
  return isEmpty || (length !== undefined && Number(length) <= WHOLE_BYTES)
}

/** Nearly every answer is one chunk, which needs no copy. */
function joined(chunks: Buffer[]): Buffer | undefined {
  return chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]
}

/** One request to a service, and its answer, without undici's own streams and promises. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #method: string
  readonly #outcome: Outcome
  readonly #chunks: Buffer[] = []
  #head: Omit<Answer, 'body'> | undefined
  #stream: Readable | undefined
  #ended = false

  constructor(method: string, outcome: Outcome) {
    this.#method = method
    this.#outcome = outcome
  }

  onRequestStart(): void {}

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // RFC 9110 §15.2: the final one is still to come.
    if (status < 200) return
    this.#head = { status, headers }
    if (isShort(this.#method, status, headers)) return
    this.#stream = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (!this.#ended) controller.abort(error ?? NOBODY_LISTENS)
        done(error)
      },
    })
    this.#outcome.onAnswer({ ...this.#head, body: this.#stream })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#stream) this.#chunks.push(chunk)
    else if (!this.#stream.push(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#ended = true
    if (this.#stream) this.#stream.push(null)
    else if (this.#head) this.#outcome.onAnswer({ ...this.#head, body: joined(this.#chunks) })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended = true
    if (this.#stream) this.#stream.destroy(error)
    else this.#outcome.onFailure(error)
  }
}

/** Sends a request; exactly one of the two callbacks of `outcome` is called, once. */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  outcome: Outcome,
): void {
  dispatcher.dispatch(request, new Exchange(request.method, outcome))
}
