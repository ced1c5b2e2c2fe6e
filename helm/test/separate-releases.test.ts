import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

type Labels = Record<string, string>
interface Peer {
  podSelector?: { matchLabels?: Labels }
}
interface Rule {
  from?: Peer[]
  to?: Peer[]
  ports: { port: number | string }[]
}
interface Installed {
  podLabels: Labels
  ingress: Rule[]
  egress: Rule[]
}

/** What the `helm install` of the chart's README makes, with a further setting. */
function asDocumented(chart: string, ...further: string[]): Installed {
  const readme = readFileSync(`${ROOT}charts/${chart}/README.md`, 'utf8').replaceAll('\\\n', ' ')
  const [, settings] = /^helm install (.*)$/m.exec(readme) as unknown as [string, string]
  const output = execFileSync(
    'sh',
    ['-c', `helm template ${settings} ${further.map((one) => `--set ${one}`).join(' ')} 2>/dev/null`],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  )
  const manifests = output.split(/^---$/m).map((document) => parse(document))
  const spec = (kind: string) => manifests.find((manifest) => manifest?.kind === kind).spec
  const { ingress, egress } = spec('NetworkPolicy')
  return { podLabels: spec('Deployment').template.metadata.labels, ingress, egress }
}

function names(peer: Peer, labels: Labels): boolean {
  const wanted = Object.entries(peer.podSelector?.matchLabels ?? { none: 'none' })
  return wanted.every(([key, value]) => labels[key] === value)
}

/** Ports of the rules that name a pod with these labels. */
const open = (rules: Rule[], labels: Labels) =>
  rules
    .filter(({ from, to }) => (from ?? to ?? []).some((peer) => names(peer, labels)))
    .flatMap(({ ports }) => ports.map(({ port }) => port))

t.test('installed apart as their READMEs say, the two services let each other through', (t) => {
  const auth = asDocumented('auth-service')
  const tasks = asDocumented('task-service')
  t.strictSame(open(tasks.egress, auth.podLabels), [8001, 9101], 'task-service calls keys and revocations')
  t.strictSame(open(auth.ingress, tasks.podLabels), ['http', 'internal'], 'and auth-service lets it')
  t.strictSame(open(auth.egress, tasks.podLabels), [9102], 'auth-service has tasks removed')
  t.strictSame(open(tasks.ingress, auth.podLabels), ['internal'], 'and task-service lets it')
  t.end()
})

t.test('a gateway reaches both services and nothing else of them, and both let it', (t) => {
  const gateway = asDocumented('gateway')
  const auth = asDocumented('auth-service', 'networkPolicy.releases.gateway=gateway')
  const tasks = asDocumented('task-service', 'networkPolicy.releases.gateway=gateway')
  t.strictSame(open(gateway.egress, auth.podLabels), [8001])
  t.strictSame(open(gateway.egress, tasks.podLabels), [8002])
  t.strictSame(open(auth.ingress, gateway.podLabels), ['http'])
  t.strictSame(open(tasks.ingress, gateway.podLabels), ['http'])
  t.end()
})
