import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { CHARTS, ROOT } from '../src/charts.ts'
import { render } from './render.ts'

const REGISTRY = 'registry.test/team'
const folderOf = (t: Test) => {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-release-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Chart and service versions in the checkout. */
const versionOf = (part: string) =>
  parse(readFileSync(`${ROOT}${part === 'authdb' ? 'helm/authdb' : `charts/${part}`}/Chart.yaml`, 'utf8'))
    .version

/** A step of a release with programs that only write down how they were called, and answer as these scripts do. */
function step(t: Test, args: string[], env: Record<string, string>, answers: Record<string, string> = {}) {
  const folder = folderOf(t)
  mkdirSync(join(folder, 'packages'))
  for (const program of ['git', 'helm', 'docker', 'cosign']) {
    const file = join(folder, program)
    writeFileSync(file, `#!/bin/sh\necho "${program} $*" >>${folder}/calls\n${answers[program] ?? ''}\n`)
    chmodSync(file, 0o755)
  }
  const { status, stderr } = spawnSync(`${ROOT}helm/release`, args, {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}`, CACHE: folder, REGISTRY, ...env },
  })
  const calls = existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
    : []
  return { isDone: status === 0, stderr, calls }
}

const service = {
  PART: 'auth-service',
  VERSION: JSON.parse(readFileSync(`${ROOT}auth-service/package.json`, 'utf8')).version,
}
const chart = { PART: 'mongodb', VERSION: versionOf('mongodb') }

t.test('only what is on main is released', (t) => {
  const { isDone, stderr } = step(t, ['check'], service, { git: 'case "$1" in merge-base) exit 1;; esac' })
  t.notOk(isDone)
  t.match(stderr, 'is not on main')
  t.ok(step(t, ['check'], service).isDone)
  t.end()
})

t.test('the tag says the version that the files say', (t) => {
  t.ok(step(t, ['check'], chart).isDone)
  for (const part of [service, chart]) {
    const { isDone, stderr } = step(t, ['check'], { ...part, VERSION: '9.9.9' })
    t.notOk(isDone)
    t.match(stderr, 'another version than 9.9.9')
  }
  t.end()
})

t.test('what is published already stops a release before anything is built', (t) => {
  const nothing = { helm: 'exit 1', docker: 'exit 1' }
  t.ok(step(t, ['unpublished'], service, nothing).isDone)
  t.match(step(t, ['unpublished'], service, { docker: 'exit 1' }).stderr, 'chart auth-service')
  t.match(step(t, ['unpublished'], service, { helm: 'exit 1' }).stderr, 'image auth-service')
  t.ok(step(t, ['unpublished'], chart, { helm: 'exit 1' }).isDone, 'a chart alone has no image')
  t.end()
})

/** A chart as it is packed with these settings. @returns the archive */
function packed(t: Test, part: string, env: Record<string, string> = {}): string {
  const cache = folderOf(t)
  const { status, stderr } = spawnSync(`${ROOT}helm/release`, ['package'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CACHE: cache, PART: part, ...env },
  })
  if (status !== 0) throw new Error(stderr)
  const folder = join(cache, 'packages')
  return join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) as string)
}

t.test('a packed chart names the image of the registry that it is released to', async (t) => {
  const archive = packed(t, 'auth-service', { REGISTRY })
  const set = 'mongodb.existingSecret=m,secrets.existingSecret=s'
  t.match((await render('r', archive, '--set', set)).output, `image: "${REGISTRY}/auth-service:`)
  t.match((await render('r', packed(t, 'auth-service'), '--set', set)).output, 'image: "authdb/auth-service:')
})

t.test('the packed umbrella chart holds its parts, which name those images, too', async (t) => {
  const archive = packed(t, 'authdb', { REGISTRY })
  const { output, error } = await render('r', archive, '--values', 'helm/authdb/values-dev.yaml')
  for (const name of ['auth-service', 'task-service', 'gateway'])
    t.match(output, `image: "${REGISTRY}/${name}:`, error)
})

t.test('a packed chart holds neither tests of ours nor what builds images', (t) => {
  for (const part of ['redis', 'authdb']) {
    const list = spawnSync('tar', ['-tzf', packed(t, part)], { encoding: 'utf8' }).stdout
    t.match(list, `${part}/values.yaml`)
    t.notMatch(list, /_test\.yaml|Dockerfile/, part)
  }
  t.end()
})

t.test('a pushed chart is signed by the digest that the registry answered', (t) => {
  const answers = { helm: 'echo "Pushed: x" >&2; echo "Digest: sha256:abc" >&2' }
  const { isDone, calls, stderr } = step(t, ['push-chart'], chart, answers)
  t.ok(isDone, stderr)
  t.match(calls.at(-1), `cosign sign --yes ${REGISTRY}/charts/mongodb@sha256:abc`)
  t.notOk(step(t, ['push-chart'], chart, { helm: 'exit 1' }).isDone, 'a push that fails fails')
  t.match(step(t, ['push-chart'], chart, { helm: 'echo ok' }).stderr, 'named no digest')
  t.end()
})

t.test('the images of both processors become one, which is signed', (t) => {
  const answers = { docker: 'case "$*" in *inspect*) echo sha256:both;; esac' }
  const { calls } = step(t, ['join-image', 'sha256:one', 'sha256:two'], service, answers)
  const image = `${REGISTRY}/auth-service`
  t.match(
    calls[0],
    `imagetools create --tag ${image}:${service.VERSION} ${image}@sha256:one ${image}@sha256:two`,
  )
  t.equal(calls.at(-1), `cosign sign --yes ${image}@sha256:both`)
  t.notOk(step(t, ['join-image'], service).isDone, 'nothing to join')
  t.end()
})

t.test('each chart says to Artifact Hub what it is and under which licence', (t) => {
  for (const chart of CHARTS) {
    const { annotations, keywords, description } = parse(readFileSync(`${ROOT}${chart}/Chart.yaml`, 'utf8'))
    t.equal(annotations['artifacthub.io/license'], 'MIT', chart)
    t.match(annotations['artifacthub.io/category'], /^(database|security|integration-delivery)$/, chart)
    t.ok(keywords.length > 1 && description, chart)
  }
  t.end()
})
