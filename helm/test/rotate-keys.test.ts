import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ROOT } from '../src/charts.ts'

/** `helm/rotate-keys` on a cluster that holds this Secret. */
function rotate(t: Test, data: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-rotate-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'secret.json'), JSON.stringify({ metadata: { resourceVersion: '41' }, data }))
  const kubectl = join(folder, 'kubectl')
  const answer = `case "$*" in *" get "*) cat ${folder}/secret.json;; *) eval cp '"\${'$#'}"' ${folder}/patch.json;; esac`
  writeFileSync(kubectl, `#!/bin/sh\necho "$@" >>${folder}/calls\n${answer}\n`)
  chmodSync(kubectl, 0o755)
  const { status, stderr } = spawnSync(`${ROOT}helm/rotate-keys`, ['shop', 'keys'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  })
  const patch = join(folder, 'patch.json')
  return {
    status,
    stderr,
    calls: readFileSync(join(folder, 'calls'), 'utf8'),
    patch: existsSync(patch) ? JSON.parse(readFileSync(patch, 'utf8')) : undefined,
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const keysOf = (patch: { data: Record<string, string> }) =>
  JSON.parse(Buffer.from(patch.data['signing-keys.json'] as string, 'base64').toString()).keys

t.test('a key is added beside the one that signs, and nothing else is touched', (t) => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'sec1',
    format: 'pem',
  })
  const first = rotate(t, { 'signing-keys.json': base64(pem as string), 'refresh-token-secret': base64('x') })
  t.equal(first.status, 0, first.stderr)
  t.strictSame(Object.keys(first.patch.data), ['signing-keys.json'])
  t.equal(
    first.patch.metadata.resourceVersion,
    '41',
    'a Secret that was changed meanwhile is not overwritten',
  )
  const keys = keysOf(first.patch)
  t.equal(keys.length, 2)
  t.match(first.calls, /^--namespace shop get secret keys /)
  for (const { d } of keys) t.notMatch(first.calls, d, 'no private key among the arguments')
  const second = rotate(t, first.patch.data)
  t.ok(keysOf(second.patch).length >= 2, 'and again')
  t.end()
})

t.test('a Secret without keys is left alone', (t) => {
  const { status, stderr, patch } = rotate(t, { other: base64('x') })
  t.not(status, 0)
  t.match(stderr, 'has no key signing-keys.json')
  t.equal(patch, undefined)
  t.end()
})
