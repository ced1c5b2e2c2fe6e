import type { Exploration, Property } from './explorer.ts'
import { exhaustiveScenarios, type Scenario, smallScenarios } from './scenarios.ts'

/**
 * `node model/main.ts [small]`: explores every scenario, prints one row for each and the counterexample of each negative
 * control. Exit code 1 when a protocol breaks something it is known to keep, keeps what it is known to break, or was
 * not explored to the end.
 */
const PROTOCOL_WIDTH = 78
const FAULTS_WIDTH = 46

function verdict(result: Exploration, property: Property): string {
  if (result.counterexamples.has(property)) return '✗'
  return result.complete ? '✓' : '?'
}

function row(cells: readonly [string, string, string, string, string, string, string]): string {
  const [protocol, faults, states, steps, fresh, monotonic, seconds] = cells
  const left = `${protocol.padEnd(PROTOCOL_WIDTH)} ${faults.padEnd(FAULTS_WIDTH)}`
  return `${left} ${states.padStart(11)} ${steps.padStart(11)}  ${fresh}  ${monotonic.padEnd(3)} ${seconds.padStart(7)}`
}

function isAsKnown({ breaks }: Scenario, { complete, counterexamples }: Exploration): boolean {
  const found = (property: Property) => counterexamples.has(property) === breaks.includes(property)
  return complete && found('fresh') && found('monotonic')
}

const scenarios = process.argv[2] === 'small' ? smallScenarios : exhaustiveScenarios
const started = performance.now()
const traces: string[] = []
let findings = 0

console.log(
  'R: a read shows at least what was acknowledged when it started. LIN: nor less than any read had shown by then.',
)
console.log(row(['protocol', 'faults, one of each', 'states', 'steps', 'R', 'LIN', 'seconds']))
for (const scenario of scenarios) {
  const result = scenario.run()
  const { states, steps, seconds, counterexamples } = result
  const counts = [states.toLocaleString('en'), steps.toLocaleString('en')] as const
  const verdicts = [verdict(result, 'fresh'), verdict(result, 'monotonic')] as const
  console.log(row([scenario.protocol, scenario.faults, ...counts, ...verdicts, seconds.toFixed(2)]))
  if (!isAsKnown(scenario, result)) {
    findings++
    console.log(`  ^ NOT AS KNOWN: expected to break ${scenario.breaks.join(', ') || 'nothing'}`)
    for (const [property, trace] of counterexamples)
      console.log(`  ${property}:\n    ${trace.join('\n    ')}`)
  } else if (scenario.isControl) {
    const [property, trace] = [...counterexamples][0] as [Property, readonly string[]]
    traces.push(
      `${scenario.protocol}, faults: ${scenario.faults}; breaks ${property}:\n  ${trace.join('\n  ')}`,
    )
  }
}
console.log(`\nNegative controls and how they fail\n\n${traces.join('\n\n')}`)
const total = ((performance.now() - started) / 1000).toFixed(1)
console.log(`\n${scenarios.length} scenarios in ${total} s, ${findings} not as known`)
process.exitCode = findings === 0 ? 0 : 1
