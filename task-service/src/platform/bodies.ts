import createError from '@fastify/error'
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { payloadHook } from './hooks.ts'

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i
const UTF_8 = /^utf-?8$/i

const JsonMalformed = createError('malformed_json', 'Body is not valid JSON in UTF-8.', 400)
const CharsetUnsupported = createError('unsupported_media_type', 'Bodies are read in UTF-8 only.', 415)
const CodingUnsupported = createError(
  'unsupported_media_type',
  'Bodies with a Content-Encoding are not read.',
  415,
)

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Text of a body. What is not UTF-8 is never replaced by U+FFFD, or two passwords would be the same.
 * @throws TypeError when the bytes are not UTF-8
 */
export function decodeUtf8(body: Uint8Array): string {
  return strict.decode(body)
}

/** Whether a media type names another charset than UTF-8. */
export function namesOtherCharset(mediaType: string): boolean {
  const charset = CHARSET.exec(mediaType)?.[1]
  return charset !== undefined && !UTF_8.test(charset)
}

/** JSON as RFC 8259 §8.1 has it: UTF-8. Many clients name a type on every request: where a route takes no body, an empty one is none. */
export function jsonParser(app: FastifyInstance): FastifyBodyParser<Buffer> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) => {
    if (body.length === 0 && !request.routeOptions.schema?.body) return done(null)
    let text: string
    try {
      text = decodeUtf8(body)
    } catch {
      return done(new JsonMalformed())
    }
    return parse(request, text, done)
  }
}

async function bodies(app: FastifyInstance): Promise<void> {
  // No route takes plain text, which Fastify would read: it is an unsupported media type like any other.
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser(app))
  app.addHook(
    'preParsing',
    payloadHook((request, reply) => {
      if (request.is404 || request.method === 'GET' || request.method === 'HEAD') return
      const { 'content-encoding': coding, 'content-type': type } = request.headers
      if (coding !== undefined && coding.toLowerCase() !== 'identity') {
        // RFC 9110 §15.5.16: says which ones would be.
        reply.header('accept-encoding', 'identity')
        throw new CodingUnsupported()
      }
      if (type !== undefined && namesOtherCharset(type)) throw new CharsetUnsupported()
    }),
  )
}

/** How bodies are read: as they are, in UTF-8. */
export default fp(bodies, { name: 'bodies' })
