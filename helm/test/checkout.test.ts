import { execFileSync } from 'node:child_process'
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

/** What Git carries of the charts, whatever the tool: Flux drops links, Windows checks them out as text. */
const files = execFileSync(
  'git',
  ['-C', ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', 'charts', 'helm/authdb'],
  { encoding: 'utf8' },
)
  .split('\0')
  .filter(Boolean)

const helm = (...args: string[]) =>
  execFileSync('helm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** A checkout without anything that Git ignores. */
function checkout(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-checkout-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const file of files) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    cpSync(ROOT + file, join(folder, file), { verbatimSymlinks: true })
  }
  return folder
}

function raiseVersion(folder: string, chart: string): void {
  const file = join(folder, chart, 'Chart.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^version: (\d+)\.(\d+)\..*$/m, 'version: $1.$2.99'))
}

t.test('no part of a chart is a link', (t) => {
  t.ok(files.length > 100, 'the charts were read')
  t.strictSame(
    files.filter((file) => lstatSync(ROOT + file).isSymbolicLink()),
    [],
  )
  t.end()
})

t.test('scripts keep the line ends that Linux wants on every machine', (t) => {
  const answer = execFileSync('git', ['-C', ROOT, 'check-attr', 'eol', ...files], { encoding: 'utf8' })
  t.strictSame(
    answer
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(' eol: lf')),
    [],
  )
  t.end()
})

t.test('each chart renders from a checkout alone, the whole after `helm dependency build`', (t) => {
  const folder = checkout(t)
  t.match(
    helm('template', 'r', join(folder, 'charts/redis'), '--set', 'auth.generate=true'),
    'kind: StatefulSet',
  )
  const chart = join(folder, 'helm/authdb')
  helm('dependency', 'build', chart)
  t.match(helm('template', 'r', chart, '--values', join(chart, 'values-dev.yaml')), 'kind: Deployment')
  t.end()
})

t.test('a raised version needs a new lock, which `make charts-deps` writes', (t) => {
  const folder = checkout(t)
  const chart = join(folder, 'helm/authdb')
  raiseVersion(folder, 'charts/redis')
  t.throws(() => helm('dependency', 'build', chart), 'the lock names another version')
  t.match(
    execFileSync('make', ['-n', '-C', ROOT, 'charts-deps'], { encoding: 'utf8' }),
    'helm dependency update',
  )
  helm('dependency', 'update', chart)
  helm('dependency', 'build', chart)
  t.match(readFileSync(join(chart, 'Chart.lock'), 'utf8'), /name: redis\n.*\n.*\.99$/m)
  t.end()
})
