import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { RevocationPages } from './revocation-pages.ts'

const Feed = Type.Object({
  now: Type.Integer({ description: 'Unix seconds' }),
  revocations: Type.Array(
    Type.Object({
      sid: Type.String(),
      expires_at: Type.Integer({
        description: 'Unix seconds; afterwards no token of the session is valid anyway',
      }),
    }),
  ),
  cursor: Type.Optional(
    Type.String({ description: 'To be sent with the next question: then only what is new is answered' }),
  ),
  keys: Type.Array(Type.String(), {
    description: 'Ids of all keys that verify access tokens now: whoever has others reads them again',
  }),
  more: Type.Boolean({ description: 'There are more: ask again at once with since = now' }),
})

interface Options {
  pages: RevocationPages
  keys: { ids(): string[] }
}

/** On the internal port: the sessions ended since a time, and the keys there are, for task-service. */
export const revocationRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { pages, keys }) => {
  app.get(
    '/internal/revocations',
    {
      schema: {
        querystring: Type.Object({
          since: Type.Optional(Type.String({ pattern: '^\\d{1,12}$' })),
          cursor: Type.Optional(Type.String({ maxLength: 64 })),
        }),
        response: { 200: Feed },
      },
    },
    async ({ query }) => {
      const page = await pages.read(Number(query.since ?? 0), query.cursor)
      return { ...page, keys: keys.ids() }
    },
  )
}
