import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { ROOT } from '../src/charts.ts'

const readmes = execFileSync('git', ['-C', ROOT, 'ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n')

t.test('no documented upgrade keeps the values of an older chart, which know none of the newer ones', (t) => {
  t.ok(readmes.length > 5, 'READMEs were found')
  t.strictSame(
    readmes.filter((file) => /--reuse-values/.test(readFileSync(ROOT + file, 'utf8'))),
    [],
  )
  t.end()
})
