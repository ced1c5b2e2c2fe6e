/** Longer than any limit inside the system. */
const ANSWER_TIMEOUT_MS = 60_000

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is what the tests are about
  body: any
  text: string
}

export interface Call {
  method?: string
  token?: string
  json?: unknown
  body?: string | Uint8Array<ArrayBuffer> | FormData | URLSearchParams
  headers?: Record<string, string>
}

/** One request; the answer's body is parsed when it is JSON. */
export async function call(
  url: string | URL,
  { method = 'GET', token, json, body, headers = {} }: Call = {},
): Promise<Answer> {
  const sent = json === undefined ? body : JSON.stringify(json)
  const response = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent !== undefined && { body: sent }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : undefined,
    text,
  }
}
