import t from 'tap'
import type { Property } from './explorer.ts'
import { type Scenario, smallScenarios } from './scenarios.ts'

const NAMES: Readonly<Record<Property, string>> = {
  fresh: 'what was acknowledged before a read is shown by it',
  monotonic: 'no list goes back in time',
}

function sentence({ protocol, faults, breaks }: Scenario): string {
  const under = faults === 'none' ? 'without faults' : `under ${faults}`
  const [kept, broken] = [Object.keys(NAMES).length - breaks.length, breaks.length]
  if (broken === 0) return `${protocol}: both promises hold in every execution ${under}`
  return kept === 0
    ? `${protocol}: both promises break ${under}`
    : `${protocol}: only freshness holds ${under}`
}

for (const scenario of smallScenarios) {
  t.test(sentence(scenario), async (t) => {
    const { complete, counterexamples, states } = scenario.run()
    t.ok(complete, `all ${states} states were explored`)
    for (const property of ['fresh', 'monotonic'] as const) {
      const trace = counterexamples.get(property)
      if (scenario.breaks.includes(property)) {
        t.match(
          trace?.at(-1),
          /answers v\d|UNSAFE$/,
          `a counterexample ends with the step that breaks: ${NAMES[property]}`,
        )
        t.comment(`${scenario.protocol}, ${scenario.faults}:\n${trace?.join('\n')}`)
      } else {
        t.equal(trace?.join('\n'), undefined, NAMES[property])
      }
    }
  })
}

t.test('each of the known ways to be stale is among the negative controls', async (t) => {
  const controls = smallScenarios.filter(({ isControl }) => isControl).map(({ protocol }) => protocol)
  for (const name of [
    'delete after write',
    'write-through SET',
    'newer version wins',
    'lease + delete (NSDI 2013)',
    'mark without the taint bit',
    /without announcing what a repetition finds$/,
    /without abandoning a mark for one unknown outcome of several$/,
    /without the lease check$/,
    /without the margin between clocks$/,
    /without waiting for a whole lease$/,
  ]) {
    t.ok(
      controls.some((control) => (typeof name === 'string' ? control === name : name.test(control))),
      String(name),
    )
  }
})
