import Fastify from 'fastify'
import t from 'tap'
import errorHandler from './error-handler.ts'
import { type Feature, PREPARATION, registerRoutes } from './feature.ts'
import { Readiness } from './internal.ts'

const KINDS = ['routes', 'openRoutes', 'internalRoutes'] as const

t.test(
  'until MongoDB is prepared requests wait, for two seconds at most, unless they do without',
  async (t) => {
    const feature = (name: string): Feature => ({
      name,
      ...Object.fromEntries(
        KINDS.map((kind) => [
          kind,
          async (app: ReturnType<typeof Fastify>) => app.get(`/${name}/${kind}`, async () => name),
        ]),
      ),
    })
    const readiness = new Readiness()
    const prepared = readiness.waitFor(PREPARATION)
    const app = Fastify()
    await app.register(errorHandler)
    const features = [{ ...feature('keys'), withoutDatabase: true }, feature('lists')]
    for (const kind of KINDS) await registerRoutes(app, features, kind, readiness)
    const statuses = async (name: string) => {
      const answers = await Promise.all(KINDS.map((kind) => app.inject(`/${name}/${kind}`)))
      return answers.map(({ statusCode }) => statusCode)
    }

    t.strictSame(await statuses('keys'), [200, 200, 200])
    t.strictSame(await statuses('lists'), [503, 503, 503])
    t.match((await app.inject('/lists/routes')).json(), { code: 'database_unavailable' })
    const waiting = statuses('lists')
    prepared()
    t.strictSame(await waiting, [200, 200, 200])
    readiness.drain()
    t.strictSame(await statuses('lists'), [200, 200, 200], 'also what comes while it leaves')
    await app.close()
  },
)
