import { run } from '../command.ts'

/** One namespace of the cluster that KUBECONFIG names. */
export class Namespace {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  kubectl(...args: string[]): Promise<string> {
    return run('kubectl', ['--namespace', this.name, ...args])
  }

  // biome-ignore lint/suspicious/noExplicitAny: the API's objects are read where their fields are known
  async get(...args: string[]): Promise<any> {
    return JSON.parse(await this.kubectl('get', ...args, '--output', 'json'))
  }

  helm(...args: string[]): Promise<string> {
    return run('helm', ['--namespace', this.name, ...args])
  }

  /** Names of the pods of one part of the release, for example `task-service`. */
  async pods(part: string): Promise<string[]> {
    const { items } = await this.get('pods', '--selector', `app.kubernetes.io/name=${part}`)
    return items.map((pod: { metadata: { name: string } }) => pod.metadata.name)
  }

  /** Ready pods that nobody is deleting. */
  async readyPods(part: string): Promise<string[]> {
    const { items } = await this.get('pods', '--selector', `app.kubernetes.io/name=${part}`)
    return items.filter(isReady).map((pod: { metadata: { name: string } }) => pod.metadata.name)
  }

  async allPods(): Promise<string[]> {
    const { items } = await this.get('pods')
    return items.map((pod: { metadata: { name: string } }) => pod.metadata.name)
  }

  async rolledOut(kind: 'deployment' | 'statefulset', name: string): Promise<void> {
    await this.kubectl('rollout', 'status', `${kind}/${name}`, '--timeout=180s')
  }
}

interface Pod {
  metadata: { deletionTimestamp?: string }
  status: { conditions?: { type: string; status: string }[] }
}

function isReady(pod: Pod): boolean {
  const ready = pod.status.conditions?.find((condition) => condition.type === 'Ready')
  return pod.metadata.deletionTimestamp === undefined && ready?.status === 'True'
}
