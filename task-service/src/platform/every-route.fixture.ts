import { readFileSync } from 'node:fs'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Test } from 'tap'

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const
const ID = '0'.repeat(24)

interface Documented {
  url: string
  methods: readonly (typeof METHODS)[number][]
}

interface Options {
  prefix: string
  headers: Record<string, string>
}

/** Every route of an `openapi.json`; a HEAD is where a GET is. */
function routesOf(document: URL): Documented[] {
  const { paths } = JSON.parse(readFileSync(document, 'utf8')) as { paths: Record<string, object> }
  return Object.entries(paths).map(([path, operations]) => ({
    url: path.replace(/\{\w+\}/g, ID),
    methods: METHODS.filter((method) => (method === 'head' ? 'get' : method) in operations),
  }))
}

function refusesForLoad(t: Test, app: FastifyInstance, { url, methods }: Documented): void {
  for (const method of methods.filter((method) => method !== 'head')) {
    t.test(
      `${method} ${url} refuses for load with the whole envelope, whatever else it answers with 503`,
      async (t) => {
        // Both at once: the second finds the only place taken.
        const answers = await Promise.all([app.inject({ method, url }), app.inject({ method, url })])
        const answer = answers.find(({ statusCode }) => statusCode === 503)
        t.match(answer?.headers, { 'content-type': /^application\/problem\+json/, 'retry-after': /\d/ })
        t.strictSame(answer?.json(), {
          type: 'about:blank',
          title: 'Service Unavailable',
          status: 503,
          code: 'overloaded',
          detail: 'The service is busy at the moment. Please try again.',
          request_id: answer?.headers['x-request-id'],
        })
      },
    )
  }
}

function namesItsMethods(
  t: Test,
  app: FastifyInstance,
  { url, methods }: Documented,
  options: Options,
): void {
  const { prefix, headers } = options
  t.test(`${prefix}${url} says which methods it knows`, async (t) => {
    const allow = [...methods.map((method) => method.toUpperCase()), 'OPTIONS'].join(', ')
    const wrong = METHODS.filter((method) => !methods.includes(method) && method !== 'head')
    for (const method of [...wrong, 'trace']) {
      const answer = await app.inject({ method, url: prefix + url, headers } as InjectOptions)
      t.equal(answer.statusCode, 405, method)
      t.equal(answer.headers.allow, allow, method)
      t.equal(answer.json().code, 'method_not_allowed')
    }
    const asked = await app.inject({ method: 'OPTIONS', url: prefix + url })
    t.equal(asked.statusCode, 204)
    t.equal(asked.headers.allow, allow)
  })
}

/**
 * What holds for every route of a service.
 * @param app with MAX_IN_FLIGHT=1
 * @param token an access token of anybody
 */
export function everyRoute(t: Test, app: FastifyInstance, document: URL, token: string): void {
  const headers = { authorization: `Bearer ${token}` }
  for (const route of routesOf(document)) {
    refusesForLoad(t, app, route)
    for (const prefix of ['', '/api/v1']) namesItsMethods(t, app, route, { prefix, headers })
  }
  t.test('a path there is not has no methods', async (t) => {
    for (const method of ['GET', 'DELETE', 'OPTIONS'] as const)
      t.equal((await app.inject({ method, url: '/api/v1/nowhere' })).statusCode, 404)
  })
}
