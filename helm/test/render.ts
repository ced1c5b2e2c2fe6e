import { execFile } from 'node:child_process'
import { ROOT } from '../src/charts.ts'

/** What `helm template` made of a chart, or said about it. */
export interface Rendered {
  isRendered: boolean
  /** Manifests, or an empty string */
  output: string
  error: string
}

/** `helm template` in the checkout's root. @param args chart, then options; the release is named `r` unless they say so */
export function render(...args: string[]): Promise<Rendered> {
  return new Promise((resolve) => {
    execFile('helm', ['template', ...args], { cwd: ROOT, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ isRendered: !error, output: stdout, error: stderr }),
    )
  })
}

/** Go's own words for a template that met a value it did not expect, instead of a sentence for whoever set it. */
export const STUMBLED =
  /nil pointer|error calling|wrong type|can't evaluate|cannot (unmarshal|parse)|invalid (value|argument)|YAML parse error/

/** Settings that a chart of its own cannot do without. */
export const REQUIRED: Record<string, string[]> = {
  'charts/auth-service': [
    'mongodb.existingSecret=mongo',
    'redis.existingSecret=cache',
    'secrets.existingSecret=keys',
  ],
  'charts/task-service': ['mongodb.existingSecret=mongo', 'redis.existingSecret=cache'],
  'charts/gateway': [],
  'charts/mongodb': [
    'auth.existingSecret=root',
    'users[0].name=x',
    'users[0].database=x',
    'users[0].existingSecret=y',
  ],
  'charts/redis': ['auth.existingSecret=cache'],
}

/** Runs a job for each item, as many at once as the machine has use for. */
export async function forEach<Item>(items: Item[], job: (item: Item) => Promise<void>): Promise<void> {
  const rest = [...items]
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await job(item)
  }
  await Promise.all([worker(), worker(), worker()])
}
