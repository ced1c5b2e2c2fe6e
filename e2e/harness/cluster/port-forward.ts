import { spawn } from 'node:child_process'
import type { Namespace } from './namespace.ts'

const LIMIT_MS = 30_000

export interface Forwarded {
  /** `http://localhost:port`, which browsers take for as safe as https */
  url: string
  close(): void
}

/**
 * The way to a Service that needs nothing in the cluster, as the notes of the installation have it. It leads to one pod.
 * @throws Error with what kubectl said when it does not begin within 30 s
 */
export function portForward(namespace: Namespace, service: string, port = 80): Promise<Forwarded> {
  const args = ['--namespace', namespace.name, 'port-forward', `service/${service}`, `:${port}`]
  const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      child.kill()
      reject(new Error(`kubectl ${args.join(' ')}\n${said}`))
    }
    const timer = setTimeout(giveUp, LIMIT_MS)
    child.once('error', reject)
    child.once('exit', giveUp)
    const listen = (text: Buffer) => {
      said += text
      const [, local] = /127\.0\.0\.1:(\d+) ->/.exec(said) ?? []
      if (!local) return
      clearTimeout(timer)
      child.off('exit', giveUp)
      resolve({ url: `http://localhost:${local}`, close: () => void child.kill() })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
  })
}
