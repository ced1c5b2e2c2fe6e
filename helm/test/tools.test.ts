import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

/** `helm/tools NAME` on a PATH that has the machine's own small programs and these scripts, and no Go unless it is one of them. */
function tools(t: Test, name: string, programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-tools-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'path')
  mkdirSync(path)
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`)
    chmodSync(join(path, program), 0o755)
  }
  const { status, stderr } = spawnSync(`${ROOT}helm/tools`, [name], {
    encoding: 'utf8',
    env: { PATH: `${path}:/bin`, TOOLS_CACHE: join(folder, 'cache'), HOME: folder, PROGRESS_SECONDS: '1' },
  })
  const link = join(folder, 'cache/bin', name)
  const linked = existsSync(link) ? readlinkSync(link).replace(`${folder}/`, '') : undefined
  return { status, stderr, linked }
}

for (const version of ['v4.3.1', 'v4.0.0', 'v4.3', 'v4.9.0-rc.1']) {
  t.test(`a Helm that calls itself ${version} is taken from PATH`, (t) => {
    t.equal(tools(t, 'helm', { helm: `echo ${version}` }).linked, 'path/helm')
    t.end()
  })
}

for (const version of ['v3.19.0', 'v40.1.0', '']) {
  t.test(`a Helm that calls itself "${version}" is not taken, and the message says which would be`, (t) => {
    const { status, stderr, linked } = tools(t, 'helm', { helm: `echo ${version}` })
    t.not(status, 0)
    t.equal(linked, undefined)
    t.match(stderr, 'helm is neither on PATH in any version 4 nor can it be built')
    t.end()
  })
}

for (const [version, isTaken] of [
  ['v1.33.1', true],
  ['v1.35.9', true],
  ['v1.32.0', false],
] as const) {
  t.test(`kubectl ${version} is ${isTaken ? 'taken' : 'too far away'}`, (t) => {
    const { linked } = tools(t, 'kubectl', { kubectl: `echo '  "gitVersion": "${version}",'` })
    t.equal(linked, isTaken ? 'path/kubectl' : undefined)
    t.end()
  })
}

t.test('a build says how it can be skipped, and how far it is', (t) => {
  const go = 'for i in a b c; do echo $i >&2; done; /bin/sleep 4; echo >"$GOBIN/kubeconform"'
  const { status, stderr, linked } = tools(t, 'kubeconform', { go: `/bin/mkdir -p "$GOBIN"; ${go}` })
  t.equal(status, 0, stderr)
  t.match(stderr, /to skip this, put kubeconform in version v[0-9.]+ on PATH/)
  t.match(stderr, /kubeconform: 3 packages compiled after \d+ s/)
  t.match(linked, /^cache\/built\/kubeconform-v/)
  t.end()
})

t.test('a build that fails shows what Go said', (t) => {
  const { status, stderr } = tools(t, 'kubeconform', { go: 'echo "no such module" >&2; exit 1' })
  t.not(status, 0)
  t.match(stderr, 'no such module')
  t.end()
})

/** Tools that a target has `helm/tools` bring. */
function asksFor(target: string): string[] {
  const commands = execFileSync('make', ['-n', '-C', ROOT, target], {
    encoding: 'utf8',
    env: { ...process.env, MAKEFLAGS: '' },
  })
  return [
    ...new Set(
      [...commands.matchAll(/helm\/tools" ?(.*)$|helm\/tools (.*)$/gm)].flatMap(([, a, b]) =>
        (a ?? b ?? '').trim().split(' '),
      ),
    ),
  ].sort()
}

t.test('each target asks for the tools that it uses', (t) => {
  for (const target of ['e2e', 'e2e-drills', 'scale-test'])
    t.strictSame(asksFor(target), ['helm', 'kubectl'], target)
  t.strictSame(asksFor('charts-lint'), ['helm'])
  t.strictSame(asksFor('charts-unit'), ['helm', 'helm-unittest'])
  t.strictSame(asksFor('chart-package'), ['helm'])
  t.strictSame(asksFor('workflows'), ['actionlint'])
  t.end()
})
