import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyError, FastifyInstance } from 'fastify'
import { cacheControl, pageHeaders } from './page-headers.ts'
import type {} from './request-log.ts'

interface PageOptions {
  /** Where `npm run build` of web/ puts the page */
  directory: string
  connectTo: readonly string[]
}

/** The page at `/`, and what it loads under `/assets/`; any other path stays unknown. */
export async function servePage(app: FastifyInstance, { directory, connectTo }: PageOptions): Promise<void> {
  const headers = pageHeaders(connectTo)
  await app.register(async (scope) => {
    // The log is about requests to the services.
    scope.addHook('onRequest', async (request) => {
      request.answeredByService = true
    })
    // What the plugin refuses to look for (a directory, a way out of it) is an unknown path like any other.
    scope.setErrorHandler((error: FastifyError, _request, reply) => {
      if (error.statusCode === undefined || error.statusCode >= 500) throw error
      return reply.callNotFound()
    })
    await scope.register(fastifyStatic, {
      root: join(directory, 'assets'),
      prefix: '/assets/',
      index: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        reply.headers({ ...headers, 'cache-control': cacheControl(path) })
      },
    })
    scope.get('/', (_request, reply) => reply.sendFile('index.html', directory))
  })
}
