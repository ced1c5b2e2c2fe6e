import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../src/charts.ts'

/** Runs the documented line with a target that prints what `make e2e` would hand to its command. */
function handedOn(line: string, folder: string): string {
  const makefile = join(folder, 'Makefile')
  writeFileSync(makefile, `include ${ROOT}helm/cluster.mk\nprint:\n\t@printenv IMAGE_BUILD\n`)
  const command = line.replace(/\bmake e2e\b/, `make -s -f ${makefile} print`)
  return execFileSync('sh', ['-c', command], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, MAKEFLAGS: '' },
  }).trim()
}

for (const file of ['helm/cluster.mk', 'helm/README.md']) {
  t.test(`${file}: the documented way to build images reaches the shell as it is written`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'authdb-image-build-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const [line, command] = /IMAGE_BUILD='([^']+)' make e2e/.exec(readFileSync(ROOT + file, 'utf8')) ?? [
      'false',
    ]
    t.equal(handedOn(line, folder), command)
    t.match(
      command,
      /^docker build .* && \.cache\/tools\/gobin\/kind load docker-image --name authdb "\$IMAGE"$/,
    )
    t.end()
  })
}
