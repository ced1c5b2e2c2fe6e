import { Client } from 'undici'

/** Longer than any limit inside the system: a timeout here means that a part is frozen or unreachable. */
const ANSWER_TIMEOUT_MS = 6_000
const NOTHING = Buffer.alloc(0)

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** One keep-alive connection; one request at a time. */
export class HttpConnection {
  readonly #client: Client

  constructor(origin: string) {
    const headersTimeout = ANSWER_TIMEOUT_MS
    this.#client = new Client(origin, {
      pipelining: 1,
      headersTimeout,
      bodyTimeout: headersTimeout,
      connect: { timeout: 2_000 },
    })
  }

  /** Resolves with undefined when there was no complete answer: the request may have had an effect or not. */
  send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      let status = 0
      let received: Answer['headers'] = {}
      const chunks: Buffer[] = []
      this.#client.dispatch(
        { method, path, headers, body: body ?? null },
        {
          // Its presence tells undici that the handler speaks the current protocol.
          onRequestStart() {},
          onResponseStart(_controller, statusCode, responseHeaders) {
            status = statusCode
            received = responseHeaders
          },
          onResponseData(_controller, chunk) {
            chunks.push(chunk)
          },
          onResponseEnd() {
            const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
            resolve({ status, headers: received, body: chunks.length === 0 ? NOTHING : whole })
          },
          onResponseError() {
            resolve(undefined)
          },
        },
      )
    })
  }

  async sendJson(
    method: 'POST' | 'PUT',
    path: string,
    document: object,
    headers: Record<string, string> = {},
  ): Promise<Answer | undefined> {
    return this.send(
      method,
      path,
      { 'content-type': 'application/json', ...headers },
      JSON.stringify(document),
    )
  }

  async close(): Promise<void> {
    await this.#client.destroy()
  }
}
