import type { InjectOptions } from 'fastify'
import t from 'tap'
import { answered } from './answered.ts'
import type { TestService } from './service.ts'

export const JSON_TYPE = 'application/json'
export const MERGE_PATCH = 'application/merge-patch+json'

/** A request that has to be refused, and how. */
export interface Row {
  why: string
  method?: 'POST' | 'PUT' | 'PATCH' | 'GET' | 'DELETE'
  url: string
  /** Sent as JSON, or as it is when it is text or bytes */
  body?: unknown
  /** Media type; for text and bytes none unless told */
  type?: string
  token?: string
  headers?: Record<string, string>
  status: number
  code: string
}

const DETAIL_LENGTH = 4

/** One test per row: the status, and one readable sentence in the envelope. */
export function refuses(service: TestService, rows: Row[]): void {
  for (const { why, method = 'GET', url, body, type, token, headers = {}, status, code } of rows) {
    t.test(`${method} ${url.slice(0, 60)} with ${why} is ${status}`, async (t) => {
      const options: InjectOptions = {
        method,
        url,
        ...(body !== undefined && { payload: body as object }),
        headers: {
          ...(type && { 'content-type': type }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      }
      const answer = await answered(() => service.app.inject(options), status)
      t.equal(answer.statusCode, status)
      t.match(answer.headers['content-type'], /^application\/problem\+json/)
      const problem = answer.json()
      t.match(problem, { status, code, type: 'about:blank', title: String, request_id: String })
      t.equal(answer.headers['x-request-id'], problem.request_id)
      t.type(problem.detail, 'string')
      t.ok(problem.detail.length >= DETAIL_LENGTH)
    })
  }
}
