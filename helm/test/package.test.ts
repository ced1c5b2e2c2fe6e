import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

/** `make chart-package` of auth-service into a folder of its own. @returns the repository that the packed values name */
function packedRepository(t: Tap, ...settings: string[]): string {
  const cache = mkdtempSync(join(tmpdir(), 'authdb-package-'))
  t.teardown(() => rmSync(cache, { recursive: true, force: true }))
  execFileSync('make', ['-C', ROOT, 'chart-package', 'SERVICE=auth-service', `CACHE=${cache}`, ...settings], {
    stdio: 'pipe',
    env: { ...process.env, MAKEFLAGS: '' },
  })
  const folder = join(cache, 'packages')
  const [archive] = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  const values = execFileSync('helm', ['show', 'values', join(folder, archive as string)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return parse(values).image.repository
}
type Tap = { teardown: (clean: () => void) => void }

t.test('a packed chart names the image of the registry that it is released to', (t) => {
  t.equal(packedRepository(t, 'REGISTRY=registry.test/team'), 'registry.test/team/auth-service')
  t.end()
})

t.test('without a registry it is packed as it is', (t) => {
  t.equal(packedRepository(t), 'authdb/auth-service')
  t.end()
})

/** `make chart-push` with a helm that only writes down how it was called. @returns its calls, and whether make was content */
function push(t: Tap, isPublished: boolean): { calls: string[]; isPushed: boolean } {
  const cache = mkdtempSync(join(tmpdir(), 'authdb-push-'))
  t.teardown(() => rmSync(cache, { recursive: true, force: true }))
  const [calls, helm] = [join(cache, 'calls'), join(cache, 'tools/bin/helm')]
  for (const folder of ['tools/bin', 'packages']) mkdirSync(join(cache, folder), { recursive: true })
  writeFileSync(join(cache, 'packages/chart.tgz'), '')
  const answer = `case "$*" in "show chart oci:"*) exit ${isPublished ? 0 : 1};; esac`
  writeFileSync(helm, `#!/bin/sh\necho "$@" >>${calls}\n${answer}\n`)
  chmodSync(helm, 0o755)
  const settings = ['SERVICE=auth-service', 'REGISTRY=registry.test/charts', `CACHE=${cache}`]
  let isPushed = true
  try {
    execFileSync('make', ['-C', ROOT, '-o', 'charts-helm', 'chart-push', ...settings], {
      stdio: 'pipe',
      env: { ...process.env, MAKEFLAGS: '', HELM_USER: 'somebody', HELM_PASSWORD: 'secret' },
    })
  } catch {
    isPushed = false
  }
  return { calls: readFileSync(calls, 'utf8').trim().split('\n'), isPushed }
}

t.test('a chart is pushed once', (t) => {
  const { calls, isPushed } = push(t, false)
  t.ok(isPushed)
  t.match(calls.at(-1), /^push .* oci:\/\/registry\.test\/charts$/)
  t.notMatch(calls.join(), 'secret')
  t.end()
})

t.test('a published version is never pushed again', (t) => {
  const { calls, isPushed } = push(t, true)
  t.notOk(isPushed)
  t.notOk(calls.some((call) => call.startsWith('push')))
  t.end()
})
