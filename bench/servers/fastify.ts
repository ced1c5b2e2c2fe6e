import Fastify from 'fastify'

/** What the framework adds to the floor: one route, no plugin, no log. */
const app = Fastify()
app.get('/', async () => ({ hello: 'world' }))
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
