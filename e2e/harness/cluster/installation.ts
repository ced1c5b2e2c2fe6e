import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../command.ts'
import { Namespace } from './namespace.ts'

/** The checkout, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CHART = `${ROOT}helm/authdb`
export const RELEASE = 'authdb'
export const SERVICES = ['auth-service', 'task-service'] as const
export type Service = (typeof SERVICES)[number]
/** The parts of the system that have an image of ours. */
export const IMAGES = [...SERVICES, 'gateway'] as const
export type Image = (typeof IMAGES)[number]

/** Where the tests of one run find the system; handed to them through the environment. */
export interface Installation {
  namespace: Namespace
  /** The ingress controller's address. */
  baseUrl: string
}

/** The system that `make e2e` has installed. @throws Error outside of such a run */
export function currentInstallation(): Installation {
  const { E2E_NAMESPACE, BASE_URL } = process.env
  if (!E2E_NAMESPACE || !BASE_URL)
    throw new Error('run the cluster tests with "make e2e-drills" or "make scale-test"')
  return { namespace: new Namespace(E2E_NAMESPACE), baseUrl: BASE_URL.replace(/\/$/, '') }
}

export const image = (name: Image, tag: string) => `authdb/${name}:${tag}`

/**
 * Builds an image with the command of IMAGE_BUILD, which gets CONTEXT, DOCKERFILE, IMAGE and VERSION in its environment and
 * must leave the image where the cluster finds it (a registry, `kind load docker-image`, or the node's own store).
 * It runs in the repository's root, wherever the tests do.
 * @param checkout whose sources, with a slash at its end
 */
export async function buildImage(name: Image, tag: string, checkout = ROOT): Promise<void> {
  const command =
    process.env.IMAGE_BUILD ||
    'docker build --file "$DOCKERFILE" --tag "$IMAGE" --build-arg "VERSION=$VERSION" "$CONTEXT"'
  await run('sh', ['-c', command], {
    cwd: ROOT,
    env: {
      // The page comes from another folder.
      CONTEXT: name === 'gateway' ? checkout : checkout + name,
      DOCKERFILE: `${checkout}${name}/Dockerfile`,
      IMAGE: image(name, tag),
      VERSION: tag,
    },
  })
}

/** The label of namespaces that a run has made. */
export const THROW_AWAY = 'authdb/throw-away=true'

/** A name that no other run uses. */
export const throwAwayName = () => `authdb-e2e-${randomBytes(3).toString('hex')}`

/** Makes a namespace in which Pod Security refuses every pod that is not restricted. */
export async function createRestricted(name: string): Promise<Namespace> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'authdb/throw-away': 'true' },
    },
  }
  await run('kubectl', ['apply', '--filename', '-'], { input: JSON.stringify(manifest) })
  return new Namespace(name)
}

/** Arguments of `helm install` and `helm upgrade` for the end-to-end values with this image tag. */
export function chartArguments(tag: string, ...further: string[]): string[] {
  return argumentsFor(CHART, tag, ...further)
}

/** The same for another checkout's umbrella chart. */
export function argumentsFor(chart: string, tag: string, ...further: string[]): string[] {
  const className = process.env.INGRESS_CLASS || 'nginx'
  const extra = process.env.E2E_VALUES ? ['--values', `${ROOT}${process.env.E2E_VALUES}`] : []
  return [
    RELEASE,
    chart,
    '--values',
    `${chart}/values-e2e.yaml`,
    ...extra,
    ...IMAGES.filter((name) => existsSync(`${chart}/../../charts/${name}`)).flatMap((name) => [
      '--set-string',
      `${name}.image.tag=${tag}`,
    ]),
    '--set',
    `global.ingress.className=${className}`,
    ...further,
    '--wait',
    '--timeout',
    '180s',
  ]
}

/** What the cluster holds of the release at this moment, as `Kind/name`. */
export async function ofTheRelease(namespace: Namespace): Promise<string[]> {
  const kinds =
    'all,secret,configmap,serviceaccount,ingress,networkpolicy,poddisruptionbudget,horizontalpodautoscaler,persistentvolumeclaim'
  const { items } = await namespace.get(kinds, '--selector', `app.kubernetes.io/instance=${RELEASE}`)
  return items.map(
    (item: { kind: string; metadata: { name: string } }) => `${item.kind}/${item.metadata.name}`,
  )
}

/** Everything that helps to find out what went wrong. */
export async function dump(namespace: Namespace): Promise<string> {
  const pods = await namespace.allPods()
  const parts = [
    ['get', 'all,ingress,networkpolicy,pvc', '--output', 'wide'],
    ['get', 'events', '--sort-by=.lastTimestamp'],
    ['describe', 'pods'],
    ...pods.map((pod) => ['logs', pod, '--all-containers', '--tail=60', '--prefix']),
    ...pods.map((pod) => ['logs', pod, '--all-containers', '--tail=30', '--prefix', '--previous']),
  ]
  const texts: string[] = []
  for (const part of parts) {
    const text = await namespace
      .kubectl(...part)
      .catch((error: Error) => (part.includes('--previous') ? '' : error.message))
    if (text) texts.push(`--- kubectl ${part.join(' ')}\n${text}`)
  }
  return texts.join('\n')
}
