import { readHistory } from '../harness/history-file.ts'
import { describeViolation, findViolations } from '../harness/judge.ts'

/**
 * Judges histories that a run has kept because something was found in them:
 *   node e2e/commands/judge.ts e2e/results/history-redis-stall-20260102T030405.gz …
 * Exit code 1 when a read broke a promise.
 */
const SHOWN_VIOLATIONS = 50
const files = process.argv.slice(2).filter(Boolean)
if (files.length === 0) {
  console.error('usage: make judge FILE=e2e/results/history-….gz')
  process.exit(2)
}

for (const file of files) {
  const history = await readHistory(file)
  const violations = findViolations(history)
  console.log(`${file}: ${history.operations} operations, ${violations.length} violations`)
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS))
    console.log(`  ${describeViolation(history, violation, history.startOf(0))}`)
  if (violations.length > 0) process.exitCode = 1
}
