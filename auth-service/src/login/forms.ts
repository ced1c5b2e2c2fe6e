import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { FormMalformed } from '../errors.ts'
import { decodeUtf8, namesOtherCharset } from '../platform/bodies.ts'

const PERCENT = /%([\da-f]{2})/gi
/** Of a part of a multipart form */
const PART_TYPE = /^content-type:.*$/gim

/** A field that comes twice, or a file, is no text: the route's schema refuses it. */
function toFields(form: URLSearchParams | FormData): Record<string, unknown> {
  const fields = [...new Set(form.keys())].map((name) => {
    const values = form.getAll(name)
    return [name, values.length === 1 ? values[0] : values]
  })
  return Object.fromEntries(fields)
}

/** The parsers of the URL and Fetch standards put U+FFFD for bytes that are not UTF-8. @throws TypeError */
function requireUtf8(body: Buffer, isEscaped: boolean): void {
  decodeUtf8(body)
  if (!isEscaped) return
  const unescaped = body
    .toString('latin1')
    .replace(PERCENT, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  decodeUtf8(Buffer.from(unescaped, 'latin1'))
}

async function parseUrlencoded(body: Buffer): Promise<Record<string, unknown>> {
  requireUtf8(body, true)
  return toFields(new URLSearchParams(decodeUtf8(body)))
}

async function parseMultipart(body: Buffer<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  requireUtf8(body, false)
  // What a part says of its charset is not listened to by the parser.
  if (body.toString('latin1').match(PART_TYPE)?.some(namesOtherCharset))
    throw new TypeError('another charset')
  return toFields(await new Response(body, { headers: { 'content-type': type } }).formData())
}

/**
 * Takes forms like any other body: whole, below the body limit, their fields checked by the route's schema.
 * @fastify/multipart streams past that limit, cuts long fields off silently and answers a broken form with 500, and
 * @fastify/formbody takes bytes that are not UTF-8; Node's own parsers do all a log-in form needs.
 */
async function forms(app: FastifyInstance): Promise<void> {
  const malformed = (cause: unknown) => {
    throw new FormMalformed({ cause })
  }
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseUrlencoded(body).catch(malformed),
  )
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer<ArrayBuffer>) =>
      parseMultipart(body, request.headers['content-type'] ?? '').catch(malformed),
  )
}

export default fp(forms, { name: 'forms' })
