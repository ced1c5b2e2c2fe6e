import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { problems } from '../platform/openapi.ts'
import type { Streams } from './streams.ts'

/** Changes of one's own tasks, as they happen. */
export const eventRoutes: FastifyPluginAsyncTypebox<{ streams: Streams }> = async (app, { streams }) => {
  app.get(
    '/tasks/events',
    {
      schema: {
        summary: 'Changes of own tasks as Server-Sent Events',
        description:
          'Events `changed` and `deleted` carry `_id` and `version`; a client ignores a version that it has. `reload` says that events were missed. `Last-Event-ID` resumes within an hour.',
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String()) }),
        response: {
          200: { description: 'A stream', content: { 'text/event-stream': { schema: Type.String() } } },
          ...problems(401, 422, 429, 500, 503),
        },
      },
    },
    async (request, reply) => {
      reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no')
      if (request.method === 'HEAD') return reply.send('')
      const { id: owner, sessionId, expiresAt } = request.caller
      const stream = streams.open({ owner, sessionId, expiresAt }, request.headers['last-event-id'])
      reply.raw.once('close', () => stream.destroy())
      // Streams have a limit of their own.
      request.leaveFlight()
      return reply.send(stream)
    },
  )
}
