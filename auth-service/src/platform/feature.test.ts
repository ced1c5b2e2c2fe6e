import { setImmediate } from 'node:timers/promises'
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
    let arrivals = 0
    // Before that of the features, without a turn in between.
    app.addHook('preHandler', (_request, _reply, done) => {
      arrivals++
      done()
    })
    const features = [{ ...feature('keys'), withoutDatabase: true }, feature('lists')]
    for (const kind of KINDS) await registerRoutes(app, features, kind, readiness)
    const statuses = async (name: string) => {
      const answers = await Promise.all(KINDS.map((kind) => app.inject(`/${name}/${kind}`)))
      return answers.map(({ statusCode }) => statusCode)
    }

    t.strictSame(await statuses('keys'), [200, 200, 200])
    const late = await app.inject('/lists/routes')
    t.match([late.statusCode, late.json()], [503, { code: 'database_unavailable' }])
    const begun = arrivals
    const waiting = statuses('lists')
    while (arrivals < begun + KINDS.length) await setImmediate()
    prepared()
    t.strictSame(await waiting, [200, 200, 200])
    readiness.drain()
    t.strictSame(await statuses('lists'), [200, 200, 200], 'also what comes while it leaves')
    await app.close()
  },
)
