import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { CHARTS, ROOT } from '../src/charts.ts'

const FOLDER = `${ROOT}.github/workflows/`
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yml'))

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
  env?: Record<string, string>
}
interface Job {
  needs?: string | string[]
  strategy?: { matrix?: { include: Record<string, string>[] } }
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  steps: Step[]
}
interface Workflow {
  on: Record<'pull_request' | 'push', { paths?: string[]; tags?: string[] } | null>
  permissions: unknown
  jobs: Record<string, Job>
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

t.test(
  'there is a workflow for each service, the charts, the cluster, releases and known weaknesses',
  (t) => {
    t.strictSame(files.sort(), [
      'auth-service.yml',
      'charts.yml',
      'e2e.yml',
      'release.yml',
      'security.yml',
      'task-service.yml',
      'tests.yml',
    ])
    t.end()
  },
)

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

t.test('every command is one of the Makefile, or names outputs', (t) => {
  t.ok(targets.has('charts') && targets.has('test'), 'the Makefile was read')
  for (const { file, step } of steps) {
    for (const line of (step.run ?? '').split('\n').filter(Boolean)) {
      const [, target] = /^make ([a-z0-9-]+)( [A-Z]+="?[^" ]+"?)*$/.exec(line) ?? []
      if (target) t.ok(targets.has(target), `${file}: make ${target}`)
      else t.match(line, /^echo "[\w$]+=.*" ?>>"\$GITHUB_OUTPUT"$/, `${file}: ${line}`)
    }
  }
  t.end()
})

t.test(
  'the code and every image that is built here are searched for known weaknesses, also each week',
  (t) => {
    const security = workflows.find(({ file }) => file === 'security.yml')?.workflow as Workflow
    const { code, image } = security.jobs as Record<'code' | 'image', Job>
    t.ok('schedule' in security.on)
    t.match(
      code.steps.map(({ uses }) => uses).join('\n'),
      /codeql-action\/init@.*\n.*codeql-action\/analyze@/,
    )
    const scanned = image.strategy?.matrix?.include.map(({ part }) => part)
    t.strictSame(scanned, ['auth-service', 'task-service', 'gateway'])
    const scan = image.steps.find(({ uses }) => uses?.startsWith('anchore/scan-action@'))
    t.equal(scan?.with?.['severity-cutoff'], 'high')
    t.not(scan?.with?.['fail-build'], false)
    t.end()
  },
)

const release = workflows.find(({ file }) => file === 'release.yml')?.workflow as Workflow
const commandsOf = (job: string) =>
  release.jobs[job]?.steps.flatMap(({ run }) => run?.split('\n') ?? []) ?? []

t.test('nothing is pushed before everything that can stop a release has passed', (t) => {
  for (const command of ['make release-check', 'make release-unpublished', 'make test', 'make charts'])
    t.ok(commandsOf('check').includes(command), command)
  t.equal(release.jobs.check?.permissions?.packages, 'read', 'the check could not push')
  t.equal(release.jobs.image?.needs, 'check')
  t.strictSame(release.jobs.publish?.needs, ['check', 'image'])
  t.end()
})

t.test('whatever has a Dockerfile of its own has its image released', (t) => {
  const outputs = release.jobs.check as unknown as { outputs: Record<string, string> }
  t.match(
    outputs.outputs['has-image'],
    "endsWith(steps.name.outputs.part, '-service') || steps.name.outputs.part == 'gateway'",
  )
  const build = release.jobs.image?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))
  t.match(build?.with?.file, /part }}\/Dockerfile$/)
  t.match(build?.with?.context, "== 'gateway' && '.' ||", 'the page comes from another folder')
  t.end()
})

t.test('each processor’s image is built on a runner of its kind, and both become one', (t) => {
  const image = release.jobs.image as Job
  t.strictSame(
    image.strategy?.matrix?.include.map(({ processor, runner }) => [processor, runner]),
    [
      ['amd64', 'ubuntu-24.04'],
      ['arm64', 'ubuntu-24.04-arm'],
    ],
  )
  t.notOk(
    image.steps.some(({ uses }) => uses?.includes('qemu')),
    'no emulation',
  )
  t.match(commandsOf('publish'), ['make release-join', 'make chart-package', 'make chart-push'])
  t.end()
})

t.test('each chart has tags that release it', (t) => {
  const { tags } = release.on.push as { tags: string[] }
  t.strictSame(tags.sort(), CHARTS.map((chart) => `${chart.slice(chart.indexOf('/') + 1)}/v*`).sort())
  t.end()
})

t.test('the charts accept the Kubernetes releases that they are tested with', (t) => {
  const versions = readFileSync(`${ROOT}helm/tools.versions`, 'utf8')
  const minors = (name: string) =>
    [...(new RegExp(`^${name}="(.*)"$`, 'm').exec(versions)?.[1] ?? '').matchAll(/v1\.(\d+)\./g)].map(
      ([, minor]) => minor,
    )
  t.ok(minors('KIND_NODES').length >= 2, 'at least two on kind')
  for (const chart of [...CHARTS, 'charts/common']) {
    const { kubeVersion } = parse(readFileSync(`${ROOT}${chart}/Chart.yaml`, 'utf8'))
    t.equal(kubeVersion, `>=1.${minors('KIND_NODES')[0]}.0-0`, chart)
    t.equal(kubeVersion, `>=1.${minors('SCHEMAS')[0]}.0-0`, chart)
  }
  const kind = workflows.find(({ file }) => file === 'e2e.yml')?.workflow.jobs.kind
  t.strictSame(kind?.strategy?.matrix?.include.map(({ kubernetes }) => kubernetes).sort(), [
    'newest',
    'oldest',
  ])
  t.end()
})

t.test('a change that no cluster could notice starts no cluster', (t) => {
  for (const event of ['pull_request', 'push'] as const) {
    const paths = workflows.find(({ file }) => file === 'e2e.yml')?.workflow.on[event]?.paths ?? []
    const starts = (file: string) =>
      paths.reduce(
        (is, path) =>
          path.startsWith('!') ? is && !matchesGlob(file, path.slice(1)) : is || matchesGlob(file, path),
        false,
      )
    for (const file of [
      'charts/redis/files/start.sh',
      'auth-service/src/app.ts',
      'helm/kind',
      'e2e/scaling.mk',
    ])
      t.ok(starts(file), file)
    for (const file of ['README.md', 'helm/README.md', 'bench/main.ts', 'web/index.html'])
      t.notOk(starts(file), file)
  }
  t.end()
})

t.test('what takes long to build is kept between runs', (t) => {
  for (const { file, workflow } of workflows) {
    for (const job of Object.values(workflow.jobs)) {
      const uses = (name: string) => job.steps.filter((step) => step.uses?.startsWith(`${name}@`))
      for (const step of uses('actions/setup-node')) t.equal(step.with?.cache, 'npm', file)
      if (uses('actions/setup-go').length > 0)
        t.match(uses('actions/cache'), [{ with: { path: '.cache/tools' } }], `${file}: tools`)
      for (const step of uses('docker/build-push-action')) t.match(step.with?.['cache-to'], 'type=gha', file)
    }
  }
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
    for (const file of ['nginx.conf', 'package.json', 'Dockerfile', 'src/config.ts'])
      t.ok(startedBy(`gateway/${file}`, event).includes('make charts'), `gateway/${file}`)
    for (const file of ['gateway/src/app.ts', 'web/src/main.tsx'])
      t.ok(startedBy(file, event).includes('make image SERVICE=gateway'), file)
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
