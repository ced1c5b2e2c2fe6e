import type { IncomingMessage } from 'node:http'
import createError from '@fastify/error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

const TypeUnsupported = createError('unsupported_media_type', 'Unsupported Media Type', 415)

/** Looks no further than the first byte, which is where an empty body has its end. */
function isEmpty(body: IncomingMessage): Promise<boolean> {
  return new Promise((resolve, reject) => {
    body
      .once('data', () => resolve(false))
      .once('end', () => resolve(true))
      .once('error', reject)
  })
}

/**
 * Many clients name a type on every request (`curl -d ''` that of a form): where a route takes no body, an empty one
 * of whatever type is none. Everything else of a type without a parser is refused as before.
 */
async function emptyBody(app: FastifyInstance): Promise<void> {
  app.addContentTypeParser('*', async (request: FastifyRequest, body: IncomingMessage) => {
    if (!request.routeOptions.schema?.body && (await isEmpty(body))) return null
    throw new TypeUnsupported()
  })
}

export default fp(emptyBody, { name: 'empty-body' })
