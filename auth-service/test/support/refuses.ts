import type { FastifyInstance, InjectOptions } from 'fastify'
import t from 'tap'
import { answered } from './answered.ts'

export const JSON_TYPE = 'application/json'
export const FORM_TYPE = 'application/x-www-form-urlencoded'

/** A request that has to be refused, and how. */
export interface Row {
  why: string
  method?: 'POST' | 'PUT' | 'PATCH' | 'GET' | 'DELETE'
  url: string
  /** Sent as JSON, or as it is when it is text */
  body?: unknown
  type?: string
  token?: string
  status: number
  code?: string
}

/** One test per row: the status, and one readable sentence in the envelope. */
export function refuses(app: FastifyInstance, rows: Row[]): void {
  for (const { why, method = 'POST', url, body, type, token, status, code } of rows) {
    t.test(`${method} ${url} with ${why} is ${status}`, async (t) => {
      const options: InjectOptions = {
        method,
        url,
        ...(body !== undefined && { payload: body as object }),
        headers: {
          ...(type && { 'content-type': type }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
      }
      const response = await answered(() => app.inject(options), status)
      t.equal(response.statusCode, status)
      t.match(response.headers['content-type'], /^application\/problem\+json/)
      const problem = response.json()
      t.match(problem, {
        status,
        type: 'about:blank',
        title: String,
        request_id: String,
        code: code ?? String,
      })
      t.type(problem.detail, 'string')
      t.ok(problem.detail.length > 3)
    })
  }
}
