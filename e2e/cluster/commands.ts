import { execFile } from 'node:child_process'
import { waitUntil } from '../../dev/src/wait.ts'

/** A command that did not end well, with what it said. */
class CommandFailed extends Error {
  readonly output: string

  constructor(command: string, output: string) {
    super(`${command}\n${output.trim().split('\n').slice(-20).join('\n')}`)
    this.output = output
  }
}

const LIMIT_MS = 600_000

interface RunOptions {
  readonly cwd?: string
  /** On top of this process's own */
  readonly env?: Record<string, string>
  /** For its standard input */
  readonly input?: string
}

/**
 * Runs a command to its end.
 * @returns what it wrote to standard output
 * @throws CommandFailed with both outputs when it fails or takes longer than 10 minutes
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: LIMIT_MS, maxBuffer: 64 << 20, cwd: options.cwd, env: { ...process.env, ...options.env } },
      (error, stdout, stderr) => {
        if (error)
          reject(
            new CommandFailed(
              [command, ...args].join(' '),
              `${stdout}${stderr}${error.code === 'ENOENT' ? error.message : ''}`,
            ),
          )
        else resolve(stdout)
      },
    )
    child.stdin?.end(options.input)
  })
}

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

/** {@link waitUntil} at the pace of a cluster. */
export function until(
  what: string,
  condition: () => Promise<boolean>,
  limitMs: number,
  everyMs = 250,
): Promise<number> {
  return waitUntil(what, limitMs, condition, everyMs)
}
