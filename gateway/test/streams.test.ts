import type { RequestListener } from 'node:http'
import t from 'tap'
import { STREAM_PATH, STREAM_SILENCE_SECONDS } from '../src/contract.ts'
import { renderNginx } from '../src/nginx.ts'
import { startGateway, startNginx, startService, until } from './fixtures/gateway.ts'

const PLACES = 256
/** One more than there are places */
const STREAMS = PLACES + 1

/** Streams that the service has open */
let open = 0

/** Sends one event at once and goes on, as task-service does; everything else is answered and over. */
const streaming: RequestListener = (request, response) => {
  if (request.url !== STREAM_PATH) return void response.end('{}')
  open++
  response.once('close', () => open--)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  response.write('data: first\n\n')
}

async function statusOf(base: string): Promise<number> {
  const answer = await fetch(`${base}/tasks`)
  await answer.text()
  return answer.status
}

async function listen(base: string): Promise<{ first: string; stop: () => void }> {
  const stop = new AbortController()
  const { body } = await fetch(`${base}${STREAM_PATH}`, { signal: stop.signal })
  const { value } = await (body as ReadableStream<Uint8Array>).getReader().read()
  return { first: Buffer.from(value ?? []).toString(), stop: () => stop.abort() }
}

t.test('streams take no place of other requests in the Fastify gateway', async (t) => {
  const service = await startService(t, streaming)
  const base = await startGateway(t, { taskUpstreams: [service.origin], maxInFlight: PLACES })
  const streams = []
  for (let n = 0; n < STREAMS; n++) streams.push(await listen(base))
  for (const { first } of streams)
    t.equal(first, 'data: first\n\n', 'an event arrives while the stream goes on')
  t.equal(await statusOf(base), 200)
  for (const { stop } of streams) stop()
  await until(() => open === 0)
  t.pass('the service hears that nobody listens any more')
  for (let n = 0; n < STREAMS; n++) t.equal(await statusOf(base), 200)
})

t.test('nginx passes events on as they come, to as many listeners', async (t) => {
  const service = await startService(t, streaming)
  const { url: base } = await startNginx(t, { taskUpstreams: [service.origin] })
  const streams = []
  for (let n = 0; n < STREAMS; n++) streams.push(await listen(base))
  for (const { first } of streams) t.equal(first, 'data: first\n\n')
  t.equal(await statusOf(base), 200)
  for (const { stop } of streams) stop()
  await until(() => open === 0)
})

t.test('nginx waits for a stream longer than two of its heartbeats', async (t) => {
  const settings = { host: '127.0.0.1', port: 1, authUpstreams: [], taskUpstreams: [], corsOrigins: [] }
  const text = await renderNginx(settings, '/nowhere')
  const [, location = ''] = text.split(`(${STREAM_PATH})(/|$)`)
  t.match(location.slice(0, 200), new RegExp(`proxy_read_timeout ${STREAM_SILENCE_SECONDS}s`))
  t.ok(text.indexOf(STREAM_PATH) < text.indexOf('(/tasks)(/|$)'), 'before the location of all tasks')
})
