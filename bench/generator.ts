import { execFile, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Agent, request } from 'undici'
import { latencyOf, OpenLoop } from '../e2e/harness/load/open-loop.ts'
import { Schedule } from '../e2e/harness/load/schedule.ts'
import { quantile } from './measure.ts'
import { table } from './sections.ts'

/**
 * Whether the open-loop generator of this repository says the same as another one, vegeta (a Go program, to be had on PATH): both ask the
 * same server at the same rate, in turn. The server answers every tenth request after 10 ms, every hundredth after 50 ms.
 * RATE a second for SECONDS in each of ROUNDS.
 */
const RATE = Number(process.env.RATE ?? 200)
const SECONDS = Number(process.env.SECONDS ?? 20)
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SHARES = [0.5, 0.9, 0.95, 0.99]

let count = 0
const server = createServer((_request, response) => {
  count++
  const wait = count % 100 === 0 ? 50 : count % 10 === 0 ? 10 : 0
  setTimeout(() => response.end('hello world'), wait)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const agent = new Agent({ connections: 256 })

async function ours(): Promise<number[]> {
  const schedule = new Schedule([{ name: 'constant', seconds: SECONDS, from: RATE }])
  const ask = async () => {
    const { statusCode, body } = await request(url, { dispatcher: agent })
    await body.dump()
    return statusCode
  }
  const load = new OpenLoop({ schedule, workload: { send: () => ({ kind: 'read', status: ask() }) } })
  await load.finished
  return load.samples.map(latencyOf)
}

/** Times as vegeta writes them down, so that both are counted in the same way. */
async function vegeta(): Promise<number[]> {
  const command = `echo "GET ${url}" | vegeta attack -rate=${RATE}/s -duration=${SECONDS}s | vegeta encode -to=json`
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { maxBuffer: 2 ** 28 })
  const lines = stdout.split('\n').filter(Boolean)
  return lines.map((line) => (JSON.parse(line) as { latency: number }).latency / 1e6)
}

execFileSync('vegeta', ['-version'], { stdio: 'ignore' })
const rows: string[][] = []
for (let round = 1; round <= ROUNDS; round++) {
  for (const [name, measure] of Object.entries({ ours, vegeta })) {
    count = 0
    const sorted = (await measure()).sort((a, b) => a - b)
    const figures = [...SHARES.map((share) => quantile(sorted, share)), sorted.at(-1) ?? Number.NaN]
    rows.push([
      `${name}, round ${round}`,
      String(sorted.length),
      ...figures.map((figure) => figure.toFixed(1)),
    ])
  }
}
console.log(`${RATE} requests/s for ${SECONDS} s each, in turn; ms from the moment a request was due`)
console.log(table([['', 'requests', 'p50', 'p90', 'p95', 'p99', 'most'], ...rows]))
await agent.close()
server.close()
