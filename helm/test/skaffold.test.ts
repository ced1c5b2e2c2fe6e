import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

const read = (file: string) => parse(readFileSync(ROOT + file, 'utf8'))
const config = read('skaffold.yaml')
const PROFILES = ['dev', 'e2e', 'prod', 'ingress-nginx']

// biome-ignore lint/suspicious/noExplicitAny: a configuration is read where its shape is the question
type Configuration = any

/** skaffold.yaml with a profile's patches applied (JSON Patch: add and replace, as used here). */
function withProfile(name: string): Configuration {
  const result = structuredClone(config)
  const profile = config.profiles.find((candidate: { name: string }) => candidate.name === name)
  for (const { op, path, value } of profile.patches ?? []) {
    const keys = path.split('/').slice(1)
    const last = keys.pop()
    let target = result
    for (const key of keys) {
      if (target[key] === undefined) throw new Error(`${name}: ${path} leads nowhere`)
      target = target[key]
    }
    if (op === 'replace' && target[last] === undefined)
      throw new Error(`${name}: there is no ${path} to replace`)
    if (last === '-') target.push(value)
    else target[last] = value
  }
  return { ...result, ...(profile.verify && { verify: profile.verify }), profiles: undefined }
}

/** Default of a value of the umbrella chart or one of its parts: `auth-service.image.tag`. */
function chartDefault(path: string): unknown {
  const [part, ...keys] = path.split('.') as [string, ...string[]]
  let value = read(`charts/${part}/values.yaml`)
  for (const key of keys) value = value?.[key]
  return value
}

for (const name of PROFILES) {
  const merged = withProfile(name)

  t.test(`profile ${name} is valid against what it uses of the schema of its apiVersion`, (t) => {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(
      JSON.parse(readFileSync(`${ROOT}helm/test/skaffold-schema.json`, 'utf8')),
    )
    t.ok(validate(JSON.parse(JSON.stringify(merged))), JSON.stringify(validate.errors))
    t.end()
  })

  t.test(`profile ${name} builds from folders, Dockerfiles and targets that exist`, (t) => {
    for (const { image, context, docker } of merged.build.artifacts) {
      const dockerfile = `${ROOT}${context}/${docker.dockerfile}`
      t.ok(existsSync(dockerfile), `${image}: ${dockerfile}`)
      if (docker.target)
        t.match(
          readFileSync(dockerfile, 'utf8'),
          new RegExp(`^FROM \\S+ AS ${docker.target}$`, 'm'),
          `${image}: ${docker.target}`,
        )
      if (/^RUN --mount/m.test(readFileSync(dockerfile, 'utf8')))
        t.equal(merged.build.local?.useBuildkit, true, `${image}: only BuildKit mounts`)
    }
    t.end()
  })

  t.test(`profile ${name} sets values that the charts have, from images that it builds`, (t) => {
    const [release] = merged.deploy.helm.releases
    t.equal(read(`${release.chartPath}/Chart.yaml`).name, release.name)
    for (const file of release.valuesFiles) t.ok(existsSync(ROOT + file), file)
    for (const path of [...Object.keys(release.setValueTemplates), ...Object.keys(release.setValues ?? {})]) {
      t.not(chartDefault(path), undefined, path)
    }
    const built = merged.build.artifacts.map(({ image }: { image: string }) =>
      image.replaceAll(/[^A-Za-z0-9]/g, '_'),
    )
    for (const template of Object.values(release.setValueTemplates) as string[]) {
      const [, image] = /^\{\{\.IMAGE_(?:REPO|TAG)_(\w+)\}\}$/.exec(template) ?? []
      t.ok(built.includes(image), template)
    }
    for (const service of ['auth-service', 'task-service', 'gateway'])
      t.equal(chartDefault(`${service}.image.repository`), `authdb/${service}`)
    t.end()
  })
}

t.test('what is forwarded is there without an ingress controller', (t) => {
  for (const { resourceName, port } of withProfile('dev').portForward) {
    const [, service] = /^authdb-((?:auth|task)-service|gateway)$/.exec(resourceName) ?? []
    t.equal(chartDefault(`${service}.service.port`), port, resourceName)
  }
  t.match(withProfile('ingress-nginx').portForward, [
    { resourceName: 'ingress-nginx-controller', localPort: 8080 },
  ])
  t.end()
})

t.test(
  'while developing no probe restarts a container, whose image holds older code than was synced',
  (t) => {
    const [{ setValues }] = withProfile('dev').deploy.helm.releases
    for (const service of ['auth-service', 'task-service', 'gateway'])
      t.equal(setValues[`${service}.probes.liveness.enabled`], false)
    t.end()
  },
)

t.test('an edit in charts/ is noticed while developing, and only there', (t) => {
  const watches = (name: string) =>
    withProfile(name).build.artifacts.filter(({ context }: { context: string }) => context === 'charts')
  t.equal(watches('dev').length, 1)
  t.match(readFileSync(`${ROOT}charts/${watches('dev')[0].docker.dockerfile}`, 'utf8'), /^COPY \. \/$/m)
  for (const name of ['e2e', 'prod']) t.equal(watches(name).length, 0, name)
  t.end()
})

t.test('verify is told which images were built just before, because it builds none', (t) => {
  const commands = execFileSync('make', ['-n', '-C', ROOT, 'skaffold-e2e'], {
    encoding: 'utf8',
    env: { ...process.env, MAKEFLAGS: '' },
  })
  const [, file] = /skaffold build -p e2e --file-output=(\S+)/.exec(commands) ?? []
  t.ok(file)
  for (const step of ['deploy', 'verify']) t.match(commands, `skaffold ${step} -p e2e -a ${file}`)
  for (const document of ['skaffold.yaml', 'helm/README.md'])
    t.notMatch(readFileSync(ROOT + document, 'utf8'), /skaffold verify(?! is| never)/, document)
  t.end()
})

t.test('the documented way to production names the registry', (t) => {
  for (const document of ['skaffold.yaml', 'helm/README.md'])
    t.match(readFileSync(ROOT + document, 'utf8'), /skaffold run -p prod --default-repo=/, document)
  t.end()
})

t.test('file sync reaches the folder that the dev target runs from', (t) => {
  for (const { context, sync, docker } of withProfile('dev').build.artifacts.slice(0, 3)) {
    t.equal(docker.target, 'dev')
    const folder = context === '.' ? 'gateway/' : ''
    t.strictSame(sync.manual, [{ src: `${folder}src/**/*.ts`, dest: '.', ...(folder && { strip: folder }) }])
    t.match(
      readFileSync(`${ROOT}${context}/${docker.dockerfile}`, 'utf8'),
      /AS dev\n[\s\S]*COPY --chown=1000:1000 (?:gateway\/)?src src\nUSER 1000:1000\nCMD \["node", "--watch", "src\/server.ts"\]/,
    )
  }
  t.end()
})

t.test('verify calls Services that the release has, with an image that the profile builds', (t) => {
  const { verify, build } = withProfile('e2e')
  const [{ container }] = verify
  t.ok(build.artifacts.some(({ image }: { image: string }) => image === container.image))
  for (const { value } of container.env) t.match(value, /^http:\/\/authdb-(auth|task)-service$/)
  t.equal(chartDefault('auth-service.service.port'), 80)
  t.equal(chartDefault('task-service.service.port'), 80)
  t.end()
})
