import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { ROOT } from '../src/charts.ts'
import { render } from './render.ts'

const text = (file: string) => readFileSync(`${ROOT}helm/examples/${file}`, 'utf8')

interface Manifest {
  kind: string
  metadata: { name: string }
  spec?: { template?: unknown }
}
const manifests = (output: string) =>
  parseAllDocuments(output).flatMap((document) => (document.toJSON() ? [document.toJSON() as Manifest] : []))

/** As Argo CD's repository server does: no cluster to look into, the release's name and namespace, and its own values on top. */
async function asArgoCD(): Promise<string> {
  const { spec } = parse(text('argocd/application.yaml'))
  const { releaseName, valueFiles, valuesObject } = spec.source.helm
  const { isRendered, output, error } = await render(
    releaseName,
    spec.source.path,
    ...['--namespace', spec.destination.namespace, '--kube-version', '1.34.4', '--include-crds'],
    ...valueFiles.flatMap((file: string) => ['--values', `${spec.source.path}/${file}`]),
    ...Object.entries(valuesObject).flatMap(([key, value]) => [
      '--set-json',
      `${key}=${JSON.stringify(value)}`,
    ]),
  )
  if (!isRendered) throw new Error(error)
  return output
}

/** As Flux's helm-controller does, but for its look-ups, which this has no cluster for. */
async function asFlux(): Promise<string> {
  const [source, release] = parseAllDocuments(text('flux/release.yaml')).map((document) => document.toJSON())
  const { chart, sourceRef, valuesFiles } = release.spec.chart.spec
  if (sourceRef.name !== source.metadata.name) throw new Error('the release has another source')
  const { isRendered, output, error } = await render(
    release.metadata.name,
    chart,
    ...['--namespace', release.metadata.namespace],
    ...valuesFiles.flatMap((file: string) => ['--values', file]),
    ...Object.entries(release.spec.values).flatMap(([key, value]) => [
      '--set-json',
      `${key}=${JSON.stringify(value)}`,
    ]),
  )
  if (!isRendered) throw new Error(error)
  return output
}

for (const [tool, rendered] of Object.entries({ 'Argo CD': asArgoCD, Flux: asFlux })) {
  t.test(`${tool}: two renders of the example are one, so that nothing restarts by itself`, async (t) => {
    const output = await rendered()
    t.equal(await rendered(), output)
    t.ok(manifests(output).some(({ kind }) => kind === 'Deployment'))
    t.notOk(
      manifests(output).some(({ kind }) => kind === 'Secret'),
      'no secret is made',
    )
  })
}

t.test(
  'the development values would mint new secrets at each render, and the chart’s notes say so',
  async (t) => {
    const dev = () => render('r', 'helm/authdb', '--values', 'helm/authdb/values-dev.yaml')
    t.not((await dev()).output, (await dev()).output)
    t.match(readFileSync(`${ROOT}helm/authdb/README.md`, 'utf8'), /GitOps[\s\S]*existingSecret/)
  },
)

t.test(
  'External Secrets makes each Secret that the production values name, with the keys that the pods read',
  async (t) => {
    const made = new Map<string, string[]>()
    for (const document of parseAllDocuments(text('external-secrets/secrets.yaml'))) {
      const { spec } = document.toJSON()
      const keys = spec.target.template
        ? Object.keys(spec.target.template.data)
        : spec.data.map(({ secretKey }: { secretKey: string }) => secretKey)
      made.set(spec.target.name, keys)
    }
    const output = await asArgoCD()
    const read = new Set<string>()
    for (const [, name, key] of output.matchAll(
      /secretKeyRef:\s+name: (\S+)\s+key: (\S+)\n(?!\s+optional)/g,
    )) {
      read.add(name as string)
      t.ok(made.get(name as string)?.includes(key as string), `${name}: ${key}`)
    }
    for (const [, name] of output.matchAll(/secretName: (\S+)/g))
      if (name !== 'authdb-tls') read.add(name as string)
    t.strictSame([...made.keys()].sort(), [...read].sort())
  },
)
