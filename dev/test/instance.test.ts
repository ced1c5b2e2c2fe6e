import t from 'tap'
import { startInstance } from '../src/instance.ts'
import { freePorts } from '../src/ports.ts'
import { createSupervisor } from '../src/supervisor.ts'

const SERVER = `
console.log('looking for the store')
require('node:http')
  .createServer((_request, response) => response.writeHead(Number(process.env.STATUS)).end('{"waiting_for":["store"]}'))
  .listen(process.env.PORT, '127.0.0.1')
`

t.test('an instance that never is ready says what it waits for, and its last lines', async (t) => {
  const supervisor = createSupervisor({})
  t.teardown(() => supervisor.stopAll())
  const start = async (status: number, readyTimeoutMs?: number) => {
    const [port = 0] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const env = { ...process.env, PORT: String(port), STATUS: String(status) }
    const spec = { name: 'waiting', command: process.execPath, args: ['-e', SERVER], env }
    return startInstance({
      spec,
      url,
      internalUrl: url,
      supervisor,
      ...(readyTimeoutMs !== undefined && { readyTimeoutMs }),
    })
  }
  const startedAt = performance.now()
  await start(200)
  const timeNeeded = performance.now() - startedAt
  await t.rejects(start(503, 1_000 + 10 * timeNeeded), {
    message: /waiting did not happen within .*"store".*\n {2}\| looking for the store/s,
  })
})
