import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'
import { render } from './render.ts'

/** A chart of somebody else that has AuthDB among its parts, and other parts with habits of their own. */
function parentChart(t: Test, values: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-parent-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const chart = join(folder, 'shop')
  const library = join(chart, 'charts/common')
  mkdirSync(join(library, 'templates'), { recursive: true })
  writeFileSync(
    join(chart, 'Chart.yaml'),
    JSON.stringify({
      apiVersion: 'v2',
      name: 'shop',
      version: '1.0.0',
      dependencies: [
        {
          name: 'authdb',
          version: '1.x.x',
          repository: `file://${ROOT}helm/authdb`,
          condition: 'authdb.enabled',
        },
        { name: 'common', version: '1.x.x' },
      ],
    }),
  )
  writeFileSync(join(library, 'Chart.yaml'), '{apiVersion: v2, name: common, type: library, version: 1.0.0}')
  // The same names as other projects' charts use; Helm has one space of names for a whole release.
  const names = ['common.fullname', 'common.labels', 'common.image', 'redis.secretName', 'mongodb.secretName']
  writeFileSync(
    join(library, 'templates/_all.tpl'),
    names.map((name) => `{{- define "${name}" -}}SOMEBODY-ELSES{{- end }}\n`).join(''),
  )
  writeFileSync(join(chart, 'values.yaml'), JSON.stringify(values))
  execFileSync('helm', ['dependency', 'update', chart], { stdio: 'pipe' })
  return chart
}

const AUTHDB = {
  enabled: true,
  'auth-service': { secrets: { generate: true } },
  mongodb: { architecture: 'standalone', auth: { generate: true } },
  redis: { auth: { generate: true } },
}

t.test('a parent chart installs AuthDB under a condition, with globals of its own', async (t) => {
  const global = {
    storageClass: 'fast',
    security: { allowInsecureImages: true },
    imageRegistry: 'registry.test',
  }
  const chart = parentChart(t, { global, authdb: AUTHDB })
  const { isRendered, output, error } = await render('r', chart)
  t.ok(isRendered, error)
  t.notMatch(output, 'SOMEBODY-ELSES', 'templates of others with common names are not taken for its own')
  t.match(output, 'image: "registry.test/authdb/task-service:')
  t.match(output, 'image: "registry.test/redis:')
  t.notMatch(output, /image: (?!"?registry\.test\/)/, 'every image comes from the registry')
})

t.test('and leaves it out under the same condition', async (t) => {
  const chart = parentChart(t, { authdb: { ...AUTHDB, enabled: false } })
  t.notMatch((await render('r', chart)).output, 'kind: Deployment')
})

t.test('a misspelt value is refused there, too', async (t) => {
  const chart = parentChart(t, { authdb: { ...AUTHDB, redis: { maxmemry: '1mb' } } })
  t.match((await render('r', chart)).error, 'maxmemry')
})
