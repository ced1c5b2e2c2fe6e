import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { FormMalformed } from '../errors.ts'

/** A field that comes twice, or a file, is no text: the route's schema refuses it. */
function toFields(form: FormData): Record<string, unknown> {
  const fields = [...new Set(form.keys())].map((name) => {
    const values = form.getAll(name)
    return [name, values.length === 1 ? values[0] : values]
  })
  return Object.fromEntries(fields)
}

/**
 * Takes `multipart/form-data` like any other body: whole, below the body limit, its fields checked by the route's
 * schema. @fastify/multipart streams past that limit, cuts long fields off silently and answers a broken form with
 * 500; Node's own parser does all a log-in form needs.
 */
async function multipartForm(app: FastifyInstance): Promise<void> {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer<ArrayBuffer>) => {
      const headers = { 'content-type': request.headers['content-type'] ?? '' }
      const form = await new Response(body, { headers }).formData().catch((cause) => {
        throw new FormMalformed({ cause })
      })
      return toFields(form)
    },
  )
}

export default fp(multipartForm, { name: 'multipart-form' })
