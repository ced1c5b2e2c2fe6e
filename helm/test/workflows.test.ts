import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

const FOLDER = `${ROOT}.github/workflows/`
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yml'))

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
  env?: Record<string, string>
}
interface Workflow {
  on: Record<'pull_request' | 'push', { paths?: string[] } | null>
  permissions: unknown
  jobs: Record<string, { permissions?: Record<string, string>; 'timeout-minutes'?: number; steps: Step[] }>
}

const workflows = files.map((file) => {
  const text = readFileSync(FOLDER + file, 'utf8')
  return { file, text, workflow: parse(text) as Workflow }
})
const steps = workflows.flatMap(({ file, workflow }) =>
  Object.values(workflow.jobs).flatMap((job) => job.steps.map((step) => ({ file, step }))),
)
/** What the Makefile can make, with the files that it includes. */
const targets = new Set(
  [
    ...execFileSync('make', ['-pnr', '-C', ROOT, 'clean'], {
      encoding: 'utf8',
      env: { ...process.env, MAKEFLAGS: '' },
    }).matchAll(/^([a-z][a-z0-9-]*):/gm),
  ].map(([, name]) => name),
)

t.test('actionlint finds nothing', (t) => {
  t.equal(
    execFileSync(
      'actionlint',
      files.map((file) => FOLDER + file),
      { encoding: 'utf8' },
    ),
    '',
  )
  t.end()
})

t.test('there is a workflow for each service, the charts, the cluster and releases', (t) => {
  t.strictSame(files.sort(), [
    'auth-service.yml',
    'charts.yml',
    'e2e.yml',
    'release.yml',
    'task-service.yml',
    'tests.yml',
  ])
  t.end()
})

t.test('every action is pinned to a commit, with its version beside it', (t) => {
  for (const { file, text } of workflows) {
    for (const [line] of text.matchAll(/^.*uses:.*$/gm))
      t.match(line, /uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file)
  }
  t.end()
})

t.test('a workflow has no permission that a job did not ask for', (t) => {
  for (const { file, workflow } of workflows) {
    t.strictSame(workflow.permissions, {}, file)
    for (const job of Object.values(workflow.jobs)) {
      t.equal(job.permissions?.contents, 'read', file)
      t.type(job['timeout-minutes'], 'number', file)
    }
  }
  t.end()
})

t.test('no checkout leaves credentials behind', (t) => {
  for (const { file, step } of steps.filter(({ step: { uses } }) => uses?.startsWith('actions/checkout@'))) {
    t.equal(step.with?.['persist-credentials'], false, file)
  }
  t.end()
})

t.test('every command is one of the Makefile, or names outputs or signs', (t) => {
  t.ok(targets.has('charts') && targets.has('test'), 'the Makefile was read')
  for (const { file, step } of steps) {
    for (const line of (step.run ?? '').split('\n').filter(Boolean)) {
      const [, target] = /^make ([a-z0-9-]+)( [A-Z]+="?[^" ]+"?)*$/.exec(line) ?? []
      if (target) t.ok(targets.has(target), `${file}: make ${target}`)
      else t.match(line, /^(echo "\w+=.*" ?>>"\$GITHUB_OUTPUT"|cosign sign --yes )/, `${file}: ${line}`)
    }
  }
  t.end()
})

t.test('the released chart names the image that was pushed just before', (t) => {
  const release = steps.filter(({ file }) => file === 'release.yml').map(({ step }) => step)
  t.match(
    release.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))?.with?.tags,
    'outputs.registry }}/',
  )
  const pack = release.find(({ run }) => run?.startsWith('make chart-package'))
  t.match(pack?.run, / REGISTRY="\$REGISTRY"$/)
  t.match(pack?.env?.REGISTRY, 'outputs.registry }}')
  t.end()
})

/** Commands of the workflows that a change of this file starts, whether it is proposed or pushed. */
function startedBy(file: string, event: 'pull_request' | 'push'): string[] {
  return workflows
    .filter(({ workflow }) => workflow.on[event]?.paths?.some((path) => matchesGlob(file, path)))
    .flatMap(({ workflow }) => Object.values(workflow.jobs).flatMap((job) => job.steps))
    .flatMap(({ run }) => run ?? [])
}

for (const event of ['pull_request', 'push'] as const) {
  t.test(`what the tests of the charts read starts them (${event})`, (t) => {
    for (const service of ['auth-service', 'task-service']) {
      for (const file of ['openapi.json', 'package.json', 'Dockerfile', 'src/config.ts'])
        t.ok(startedBy(`${service}/${file}`, event).includes('make charts'), `${service}/${file}`)
    }
    t.ok(startedBy('gateway/nginx.conf', event).includes('make charts'))
    t.end()
  })

  t.test(`what both services share is checked and tested, by one job (${event})`, (t) => {
    for (const file of [
      'e2e/commands/in-cluster.ts',
      'e2e/contract/a.test.ts',
      'bench/cache-cost.ts',
      'dev/src/x.ts',
      'gateway/src/x.ts',
      'README.md',
    ]) {
      const commands = startedBy(file, event)
      for (const command of ['make check', 'make test'])
        t.equal(commands.filter((each) => each === command).length, 1, `${file}: ${command}`)
    }
    t.end()
  })
}
