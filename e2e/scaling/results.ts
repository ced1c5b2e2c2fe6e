import { mkdir, writeFile } from 'node:fs/promises'
import { run as command } from '../harness/command.ts'
import { RESULTS } from '../harness/results.ts'
import { pictureOf, type Report, type Run, summaryOf } from './report.ts'

/** What the nodes are: version and processors. */
async function describeCluster(): Promise<string> {
  const { items } = JSON.parse(await command('kubectl', ['get', 'nodes', '--output', 'json'])) as {
    items: { status: { capacity: { cpu: string }; nodeInfo: { kubeletVersion: string } } }[]
  }
  const processors = items.reduce((sum, { status }) => sum + Number(status.capacity.cpu), 0)
  const version = items[0]?.status.nodeInfo.kubeletVersion
  return `Kubernetes ${version}, ${items.length} ${items.length === 1 ? 'node' : 'nodes'}, ${processors} CPUs`
}

/** The files of one execution: the JSON, the summary and a picture of each run. */
export class Results {
  readonly #date = new Date().toISOString()
  readonly #name = `scale-${this.#date.slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}`
  readonly #commandLine: string
  readonly #runs: Run[] = []

  constructor(commandLine: string) {
    this.#commandLine = commandLine
  }

  /** Writes the files again with one run more: what was measured is kept, whatever comes after. @returns the summary */
  async add(run: Run): Promise<string> {
    this.#runs.push(run)
    const cluster = await describeCluster()
    const report: Report = { date: this.#date, cluster, command: this.#commandLine, runs: this.#runs }
    const summary = summaryOf(report)
    await mkdir(RESULTS, { recursive: true })
    await Promise.all([
      writeFile(`${RESULTS}${this.#name}.json`, `${JSON.stringify(report)}\n`),
      writeFile(`${RESULTS}${this.#name}.txt`, summary),
      writeFile(`${RESULTS}${this.#name}-${run.name}.svg`, pictureOf(run)),
    ])
    return summary
  }
}
