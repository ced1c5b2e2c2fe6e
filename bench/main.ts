import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { closedLoop } from './load/closed-loop.ts'
import { addresses } from './parts/addresses.ts'
import { headers } from './parts/headers.ts'
import { instances } from './parts/instances.ts'
import { overload } from './parts/overload.ts'
import { soak, starts } from './parts/processes.ts'
import { chosenCases, requests } from './parts/requests.ts'
import { sizes } from './parts/sizes.ts'
import { storm } from './parts/storm.ts'
import { streams } from './parts/streams.ts'
import { profiled, type Share } from './profile/profile.ts'
import { record, type Section } from './sections.ts'
import { type Settings, settingsOf } from './settings.ts'
import { openStage, type Stage } from './stage.ts'

/**
 * What AuthDB costs and carries, in one run on one machine: the measured processes on one processor, load and stores on
 * the other. See settings.ts for what can be set; PARTS=requests is the table of requests alone.
 */
const PARTS: Record<string, (stage: Stage, settings: Settings) => Promise<Section>> = {
  requests,
  storm,
  addresses,
  sizes,
  soak,
  // From here on there are more instances than one, they are started again, and the database is left with what was too much.
  instances,
  starts,
  overload,
  headers,
  streams,
}
const PROFILE_LINES = 25

function printShares(title: string, shares: readonly Share[]): void {
  console.log(`\n${title}\n`)
  for (const { name, share } of shares.slice(0, PROFILE_LINES))
    console.log(`${(100 * share).toFixed(1).padStart(5)} %  ${name}`)
}

/** Self time of each process that a case is charged for; the bare servers and stores are nobody's to mend. */
async function printProfiles(stage: Stage, settings: Settings, directory: string): Promise<void> {
  const own = new Set([
    stage.task.pid,
    stage.auth.pid,
    ...stage.gateways.flatMap(({ isNode, pids }) => (isNode ? pids : [])),
  ])
  for (const { name, pids, workload } of chosenCases(stage, settings)) {
    for (const pid of pids.filter((one) => own.has(one))) {
      const work = () => closedLoop(workload, settings.seconds * 1000)
      const { functions, places } = await profiled(pid, directory, work)
      printShares(`${name}, process ${pid}, by place`, places)
      printShares(`${name}, process ${pid}, by function`, functions)
    }
  }
}

function commit(): string {
  return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
}

const settings = settingsOf(process.env)
const stage = await openStage(settings)
try {
  const sections: Section[] = []
  for (const [name, part] of Object.entries(PARTS)) {
    if (!settings.parts.test(name)) continue
    console.log(`${name} …`)
    sections.push(await part(stage, settings))
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, at ${commit()}.`
  record([...stage.describe, machine].join('\n'), sections, settings.record)
  if (settings.profile) await printProfiles(stage, settings, settings.profile)
} finally {
  await stage.stop()
}
process.exit()
