import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { CHARTS, ROOT } from '../src/charts.ts'

const SETTINGS = [
  'secrets.existingSecret=keys',
  'mongodb.existingSecret=mongo',
  'redis.existingSecret=cache',
  'auth.existingSecret=root',
]

/** What runs in the cluster, by kind and name: a pod restarts when its template here becomes another. */
function podTemplates(chart: string): Record<string, unknown> {
  const known = Object.keys(parse(readFileSync(`${chart}/values.yaml`, 'utf8')))
  const settings = SETTINGS.filter((setting) => known.includes(setting.split('.')[0] as string))
  const output = execFileSync('helm', ['template', 'r', chart, '--no-hooks', '--set', settings.join(',')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const manifests = output.split(/^---$/m).map((document) => parse(document))
  return Object.fromEntries(
    manifests
      .filter((manifest) => manifest?.spec?.template)
      .map(({ kind, metadata, spec }) => [`${kind} ${metadata.name}`, spec.template]),
  )
}

/** A copy of the chart that differs in its own version alone. */
function nextVersion(chart: string, folder: string): string {
  cpSync(chart, folder, { recursive: true, dereference: true })
  const file = `${folder}/Chart.yaml`
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^version: .*$/m, 'version: 99.0.0'))
  return folder
}

for (const chart of CHARTS.filter((path) => path.startsWith('charts/'))) {
  t.test(`${chart}: a new version of the chart alone restarts no pod and runs no Job`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'authdb-restarts-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const before = podTemplates(ROOT + chart)
    t.ok(Object.keys(before).length > 0, 'it runs something')
    t.strictSame(podTemplates(nextVersion(ROOT + chart, folder)), before)
    t.end()
  })
}
