import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { ROOT } from './charts.ts'
import type { Schema } from './values-tree.ts'

/**
 * Makes the JSON Schemas that kubeconform checks manifests against, from the projects' own sources in the Go module
 * proxy: the OpenAPI document of each Kubernetes release, and the CRDs of the custom resources that the charts can render.
 * Strict: a field that the API does not know is an error.
 */
const OUT = `${ROOT}.cache/tools/api-schemas`
const versions = Object.fromEntries(
  readFileSync(`${ROOT}helm/tools.versions`, 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line))
    .map((line) => line.split('=', 2) as [string, string])
    .map(([name, value]) => [name, value.replaceAll('"', '')]),
)

/** The unpacked source of a Go module. */
function moduleFolder(path: string, version: string): string {
  const answer = execFileSync('go', ['mod', 'download', '-json', `${path}@${version}`], {
    cwd: '/',
    encoding: 'utf8',
  })
  return (JSON.parse(answer) as { Dir: string }).Dir
}

/** OpenAPI 2 leaves a reference's target open to further fields; strict schemas close every object that lists its own. */
function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict)
  if (node === null || typeof node !== 'object') return node
  const schema = node as Schema
  if (typeof schema.$ref === 'string') return { $ref: `#/definitions/${schema.$ref.split('/').at(-1)}` }
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'])
    return { type: ['string', 'integer'] }
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  const isClosed =
    copy.properties && !copy.additionalProperties && !copy['x-kubernetes-preserve-unknown-fields']
  return isClosed ? { ...copy, additionalProperties: false } : copy
}

/** Quantities and whole-number-or-name fields are plain strings in the OpenAPI document, but YAML may hold numbers. */
function definitionsOf(swagger: { definitions: Record<string, Schema> }): Record<string, unknown> {
  const definitions = Object.fromEntries(
    Object.entries(swagger.definitions).map(([name, schema]) => [name, strict(schema)]),
  )
  definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['string', 'number'] }
  definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['string', 'integer'] }
  return definitions
}

interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

/** A definition and all that it refers to, in one document: kubeconform follows no reference to another file. */
function closure(name: string, definitions: Record<string, unknown>): Schema {
  const wanted = new Set([name])
  for (const next of wanted) {
    const references = JSON.stringify(definitions[next]).matchAll(/"#\/definitions\/([^"]+)"/g)
    for (const [, reference] of references) wanted.add(reference as string)
  }
  return {
    $ref: `#/definitions/${name}`,
    definitions: Object.fromEntries([...wanted].map((key) => [key, definitions[key]])),
  }
}

function kubernetes(version: string): void {
  const folder = `${OUT}/${version}`
  if (existsSync(`${folder}/done`)) return
  mkdirSync(folder, { recursive: true })
  const source = `${moduleFolder('k8s.io/kubernetes', version)}/api/openapi-spec/swagger.json`
  const swagger = JSON.parse(readFileSync(source, 'utf8')) as { definitions: Record<string, Schema> }
  const definitions = definitionsOf(swagger)
  for (const [name, schema] of Object.entries(swagger.definitions)) {
    const kinds = (schema['x-kubernetes-group-version-kind'] ?? []) as GroupVersionKind[]
    if (kinds.length !== 1) continue // options and status shared by all groups are no resources
    for (const { group, version: api, kind } of kinds) {
      const file = `${kind}-${group ? `${group.split('.')[0]}-` : ''}${api}`.toLowerCase()
      writeFileSync(`${folder}/${file}.json`, JSON.stringify(closure(name, definitions)))
    }
  }
  writeFileSync(`${folder}/done`, '')
}

interface CustomResource {
  spec: {
    group: string
    names: { kind: string }
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[]
  }
}

function customResources(module: string, version: string, files: string[]): void {
  const done = `${OUT}/crds/${module.replaceAll('/', '_')}-${version}`
  if (existsSync(done)) return
  mkdirSync(`${OUT}/crds`, { recursive: true })
  const source = moduleFolder(module, version)
  for (const file of files) {
    for (const document of parseAllDocuments(readFileSync(`${source}/${file}`, 'utf8'))) {
      const { spec } = document.toJSON() as CustomResource
      for (const { name, schema } of spec.versions) {
        const properties = { ...(schema.openAPIV3Schema.properties as object), metadata: { type: 'object' } }
        const target = `${OUT}/crds/${spec.names.kind}-${spec.group.split('.')[0]}-${name}.json`.toLowerCase()
        writeFileSync(
          target.replace(OUT.toLowerCase(), OUT),
          JSON.stringify(strict({ ...schema.openAPIV3Schema, properties })),
        )
      }
    }
  }
  writeFileSync(done, '')
}

for (const version of versions.SCHEMAS?.split(' ') ?? []) kubernetes(version)
customResources('sigs.k8s.io/gateway-api', versions.GATEWAY_API ?? '', [
  'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
])
customResources('github.com/kedacore/keda/v2', versions.KEDA ?? '', [
  'config/crd/bases/keda.sh_scaledobjects.yaml',
])
customResources('github.com/prometheus-operator/prometheus-operator', versions.PROMETHEUS_OPERATOR ?? '', [
  'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
  'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
])
customResources('github.com/cert-manager/cert-manager', versions.CERT_MANAGER ?? '', [
  'deploy/crds/cert-manager.io_certificates.yaml',
])
