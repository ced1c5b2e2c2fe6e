import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

const controller = parse(readFileSync(`${ROOT}helm/ingress-nginx/values.yaml`, 'utf8')).controller

/** `helm/kind up` in a copy of its folder where kind and helm only write down how they were called. */
function callsOfKindUp(folder: string): string[] {
  const calls = join(folder, 'calls')
  const programs = join(folder, '.cache/tools/gobin')
  mkdirSync(programs, { recursive: true })
  mkdirSync(join(folder, 'helm'))
  for (const name of ['kind', 'tools.versions']) cpSync(`${ROOT}helm/${name}`, join(folder, 'helm', name))
  for (const name of ['kind', 'helm']) {
    writeFileSync(join(programs, name), `#!/bin/sh\necho ${name} "$@" >>${calls}\n`)
    chmodSync(join(programs, name), 0o755)
  }
  execFileSync(join(folder, 'helm/kind'), ['up'], { stdio: 'pipe' })
  return readFileSync(calls, 'utf8').trim().split('\n')
}

t.test('kind-up makes a cluster with an ingress controller and metrics', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'authdb-kind-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [cluster, ...installed] = callsOfKindUp(folder)
  t.match(cluster, /^kind create cluster --name authdb --image kindest\/node:v1\.\d+\.\d+ /)
  const controller = installed.find((call) => call.includes(' ingress-nginx '))
  t.match(controller, /--version \d+\.\d+\.\d+ /)
  t.match(controller, /controller\.service\.type=ClusterIP/)
  t.match(
    controller,
    /controller\.service\.externalTrafficPolicy=( |,|$)/,
    'which a Service without nodes may not have',
  )
  const metrics = installed.find((call) => call.includes(' metrics-server '))
  t.match(metrics, /--version \d+\.\d+\.\d+ /)
  t.match(metrics, /--kubelet-insecure-tls/, "kind's kubelets sign their own certificates")
  t.end()
})

t.test('the ingress controller sees the address of each client, which limits are counted by', (t) => {
  t.equal(controller.service?.externalTrafficPolicy, 'Local')
  t.end()
})

t.test('the ingress controller repeats a request for as long as the local gateway, and no longer', (t) => {
  const [, seconds] =
    /proxy_next_upstream_timeout (\d+)s;/.exec(readFileSync(`${ROOT}gateway/nginx.conf`, 'utf8')) ?? []
  t.match(seconds, /^\d+$/)
  t.equal(controller.config['proxy-next-upstream-timeout'], seconds)
  t.end()
})
