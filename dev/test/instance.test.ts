import t from 'tap'
import { startInstance } from '../src/instance.ts'
import { freePorts } from '../src/ports.ts'
import { createSupervisor } from '../src/supervisor.ts'

const SERVER = `
console.log('looking for the store')
require('node:http')
  .createServer((_request, response) => response.writeHead(503).end('{"waiting_for":["store"]}'))
  .listen(process.env.PORT, '127.0.0.1')
`

/** Longer than any start takes; each attempt has twice the time of the one before. */
const MOST_MS = 600_000

t.test('an instance that never is ready says what it waits for, and its last lines', async (t) => {
  const supervisor = createSupervisor({})
  t.teardown(() => supervisor.stopAll())
  async function failure(readyTimeoutMs: number): Promise<string> {
    const [port = 0] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const env = { ...process.env, PORT: String(port) }
    const spec = { name: 'waiting', command: process.execPath, args: ['-e', SERVER], env }
    const instance = startInstance({ spec, url, internalUrl: url, supervisor, readyTimeoutMs })
    return instance.then(
      () => 'it is ready',
      (error: Error) => error.message,
    )
  }
  let message = 'no answer'
  // On a machine that is busy it may not even answer by then.
  for (let limitMs = 500; /no answer/.test(message) && limitMs <= MOST_MS; limitMs *= 2)
    message = await failure(limitMs)
  t.match(message, /waiting did not happen within .*"store".*\n {2}\| looking for the store/s)
})
