import { mkdir, writeFile } from 'node:fs/promises'
import { run as command } from '../cluster/commands.ts'
import { pictureOf, type Report, type Run, summaryOf } from './report.ts'
import { RESULTS } from './settings.ts'

/** What the nodes are: version and processors. */
async function describeCluster(): Promise<string> {
  const { items } = JSON.parse(await command('kubectl', ['get', 'nodes', '--output', 'json'])) as {
    items: { status: { capacity: { cpu: string }; nodeInfo: { kubeletVersion: string } } }[]
  }
  const processors = items.reduce((sum, { status }) => sum + Number(status.capacity.cpu), 0)
  const version = items[0]?.status.nodeInfo.kubeletVersion
  return `Kubernetes ${version}, ${items.length} ${items.length === 1 ? 'node' : 'nodes'}, ${processors} CPUs`
}

/** Writes the JSON, the summary and a picture of each run. @returns the summary and the file names */
export async function writeResults(
  runs: readonly Run[],
  commandLine: string,
): Promise<{ summary: string; files: string[] }> {
  const date = new Date().toISOString()
  const report: Report = { date, cluster: await describeCluster(), command: commandLine, runs }
  const name = `scale-${date.slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}`
  const summary = summaryOf(report)
  const files = new Map([
    [`${name}.json`, `${JSON.stringify(report, undefined, 1)}\n`],
    [`${name}.txt`, summary],
    ...runs.map((run): [string, string] => [`${name}-${run.name}.svg`, pictureOf(run)]),
  ])
  await mkdir(RESULTS, { recursive: true })
  for (const [file, content] of files) await writeFile(RESULTS + file, content)
  return { summary, files: [...files.keys()] }
}
