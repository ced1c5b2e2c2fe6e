import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { either, problems } from '../platform/openapi.ts'

const Health = Type.Object({
  status: Type.Enum(['ok', 'error']),
  database: Type.Enum(['connected', 'disconnected']),
})

/** AuthDB's public health page. @param isDatabaseThere one bounded round trip */
export const healthRoutes: FastifyPluginAsyncTypebox<{ isDatabaseThere: () => Promise<boolean> }> = async (
  app,
  { isDatabaseThere },
) => {
  app.get(
    '/health',
    {
      schema: {
        tags: ['health'],
        summary: 'Health',
        security: [],
        response: { 200: Health, 503: either(Health), ...problems(429) },
      },
    },
    async (_request, reply) => {
      if (await isDatabaseThere()) return { status: 'ok', database: 'connected' } as const
      return reply.code(503).send({ status: 'error', database: 'disconnected' })
    },
  )
}
