import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '../../dev/index.ts'

/** What V8 writes, as far as it is read here. */
interface CpuProfile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
  samples: number[]
}

/** Share of all samples, 0 to 1 */
export interface Share {
  name: string
  share: number
}

const WRITTEN_WITHIN_MS = 60_000
/** What V8 names that is no function of a program. */
const IDLE = new Set(['(idle)', '(root)'])

/** The package, the folder of our own, or the part of Node that a function stands in. */
function placeOf(url: string, functionName: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native'
  const packaged = url.split('/node_modules/').at(-1)
  if (packaged !== undefined && packaged !== url) {
    const [scope = '', name = ''] = packaged.split('/')
    return scope.startsWith('@') ? `${scope}/${name}` : scope
  }
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/')
  return `our ${url.split('/src/').at(-1)}`
}

function sharesOf(names: Map<number, string>, samples: number[]): Share[] {
  const counts = new Map<string, number>()
  for (const id of samples) {
    const name = names.get(id)
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...counts]
    .map(([name, count]) => ({ name, share: count / total }))
    .sort((one, other) => other.share - one.share)
}

/** @returns self time while the process was not idle, by function and by place */
export function summarize({ nodes, samples }: CpuProfile): { functions: Share[]; places: Share[] } {
  const busy = nodes.filter(({ callFrame }) => !IDLE.has(callFrame.functionName))
  const places = new Map(
    busy.map(({ id, callFrame }) => [id, placeOf(callFrame.url, callFrame.functionName)]),
  )
  const functions = new Map(
    busy.map(({ id, callFrame }) => [
      id,
      `${callFrame.functionName || '(anonymous)'} ${places.get(id)}${callFrame.url ? `:${callFrame.lineNumber + 1}` : ''}`,
    ]),
  )
  return { functions: sharesOf(functions, samples), places: sharesOf(places, samples) }
}

/** Profiles a process that has loaded attach.mjs while `work` goes on. The profile stays in `directory`. */
export async function profiled(pid: number, directory: string, work: () => Promise<unknown>) {
  const file = join(directory, `${pid}.cpuprofile`)
  rmSync(file, { force: true })
  process.kill(pid, 'SIGWINCH')
  await work()
  process.kill(pid, 'SIGWINCH')
  let profile: CpuProfile | undefined
  await waitUntil(`The profile ${file}`, WRITTEN_WITHIN_MS, async () => {
    // Written in one go, but not in one step.
    try {
      profile = JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      return false
    }
    return true
  })
  return summarize(profile as CpuProfile)
}
