import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
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
