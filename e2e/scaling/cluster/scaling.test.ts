import t from 'tap'
import { assertChecks } from '../../harness/load/assertions.ts'
import type { Run } from '../report.ts'
import { Results } from '../results.ts'
import { commandLine, settings } from '../settings.ts'
import { disturbancesRun } from './disturbances.ts'
import { rampRun } from './ramp.ts'
import { type Stage, startStage } from './stage.ts'
import { stormRun } from './storm.ts'

/** The scaling suite: `make scale-test`. RUNS chooses among these; the other settings are in settings.ts. */
const RUNS: Readonly<Record<string, (stage: Stage) => Promise<Run>>> = {
  ramp: rampRun,
  disturbances: disturbancesRun,
  storm: stormRun,
}
const PATIENCE_MS = 3_000_000

t.setTimeout(PATIENCE_MS)
const stage = await startStage((line) => t.comment(line))
const results = new Results(commandLine())
let summary = ''

for (const name of settings.runs) {
  const perform = RUNS[name]
  if (perform === undefined) throw new Error(`RUNS: there is no run "${name}"`)
  await t.test(name, { timeout: PATIENCE_MS }, async (t) => {
    const run = await perform(stage)
    summary = await results.add(run)
    assertChecks(t, run.checks)
  })
}

stage.stop()
for (const line of summary.split('\n')) t.comment(line)
