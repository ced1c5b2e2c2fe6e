import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import { problems } from '../platform/openapi.ts'
import { requireAdmin } from '../tokens/index.ts'
import type { AuditRepository } from './audit.repository.ts'
import { ACTIONS, type AuditEntry } from './audit-entry.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

const MAX_PAGE = 100

const Entry = Type.Object({
  _id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  action: Type.Enum([...ACTIONS]),
  actor_id: Type.Union([Type.String(), Type.Null()], { description: 'Who acted, when logged in' }),
  user_id: Type.Union([Type.String(), Type.Null()], { description: 'Whom it was about, when there is one' }),
  address: Type.String(),
  user_agent: Type.String(),
  request_id: Type.String(),
  instance: Type.String({ description: 'The process that wrote it' }),
  sequence: Type.Integer({ description: 'Counts up in each instance; a gap is a loss' }),
})

const Query = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 200, description: 'From `Link`' })),
  limit: Type.Optional(
    Type.String({ pattern: '^[1-9]\\d*$', description: 'Entries at most; above 100 is taken as 100' }),
  ),
  user: Type.Optional(Type.String({ pattern: '^[\\da-fA-F]{24}$', description: 'About this user' })),
  action: Type.Optional(Type.Enum([...ACTIONS])),
})

function toBody(entry: AuditEntry): Static<typeof Entry> {
  return {
    _id: entry.id,
    at: entry.at.toISOString(),
    action: entry.action,
    actor_id: entry.actorId,
    user_id: entry.userId,
    address: entry.address,
    user_agent: entry.userAgent,
    request_id: entry.requestId,
    instance: entry.instance,
    sequence: entry.sequence,
  }
}

/** For administrators alone: who did what, when, and from where. */
export const auditRoutes: FastifyPluginAsyncTypebox<{ entries: AuditRepository }> = async (
  app,
  { entries },
) => {
  app.addHook('onRequest', requireAdmin)
  app.get(
    '/audit',
    {
      schema: {
        tags: ['administration'],
        summary: 'Read the record of authentications and administration, newest first',
        querystring: Query,
        response: { 200: Type.Array(Entry), ...problems(400, 401, 403, 422, 429, 503) },
      },
    },
    async (request, reply) => {
      const { cursor, user, action, limit: wanted } = request.query
      const limit = Math.min(Number(wanted ?? MAX_PAGE), MAX_PAGE)
      const query = {
        ...(cursor !== undefined && { after: decodeCursor(cursor) }),
        ...(user !== undefined && { userId: user.toLowerCase() }),
        ...(action !== undefined && { action }),
      }
      const found = await entries.find(query, limit + 1)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      if (last && found.length > limit) {
        const next = new URLSearchParams({
          ...request.query,
          limit: String(limit),
          cursor: encodeCursor(last),
        })
        reply.header('link', `<?${next}>; rel="next"`)
      }
      return page.map(toBody)
    },
  )
}
