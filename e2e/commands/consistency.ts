import { parseArgs } from 'node:util'
import { FAULTS, faultsNamed } from '../consistency/faults.ts'
import { type FaultySystem, startFaultySystem } from '../consistency/faulty-system.ts'
import { type Measurement, measure } from '../consistency/measure.ts'
import { HEADER, row, violationsOf } from '../consistency/table.ts'
import { variantModule } from '../consistency/variants/variants.ts'

/**
 * Runs the whole system under load and one kind of fault after another; prints one row for each.
 * Every option is also an environment variable: SECONDS, KINDS, MIN_READS, ACCOUNTS, READERS, WRITERS, SEED, GATEWAY, PROTOCOL.
 * Exit code 1 when a read broke a promise, or a run is void.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: process.env.SECONDS ?? '60' },
    kinds: { type: 'string', default: process.env.KINDS ?? FAULTS.map(({ name }) => name).join(',') },
    'min-reads': { type: 'string', default: process.env.MIN_READS ?? '0' },
    accounts: { type: 'string', default: process.env.ACCOUNTS ?? '16' },
    readers: { type: 'string', default: process.env.READERS ?? '16' },
    writers: { type: 'string', default: process.env.WRITERS ?? '8' },
    seed: { type: 'string', default: process.env.SEED ?? '1' },
    gateway: { type: 'string', default: process.env.GATEWAY ?? 'nginx' },
    protocol: { type: 'string', default: process.env.PROTOCOL ?? '' },
  },
})

async function runAll(system: FaultySystem): Promise<Measurement[]> {
  const faults = faultsNamed(values.kinds.split(','))
  const minReads = Number(values['min-reads'])
  const measurements: Measurement[] = []
  console.log(HEADER)
  for (const [i, fault] of faults.entries()) {
    const measurement = await measure(system, fault, {
      seconds: Number(values.seconds),
      minReads: Math.ceil(minReads / faults.length),
      accounts: Number(values.accounts),
      readers: Number(values.readers),
      writers: Number(values.writers),
      seed: Number(values.seed) + i,
      mix: { readsPerWrite: 9, racingShare: 0.4 },
      keepAs: fault.name,
    })
    measurements.push(measurement)
    console.log(row(measurement))
    for (const [refusal, count] of measurement.refusals) console.log(`  ${count} × ${refusal}`)
    for (const description of measurement.descriptions) console.log(`  ${description}`)
  }
  return measurements
}

function conclude(measurements: readonly Measurement[]): void {
  const reads = measurements.reduce((sum, measurement) => sum + measurement.reads, 0)
  const violations = measurements.reduce((sum, measurement) => sum + violationsOf(measurement), 0)
  const voids = measurements.filter(({ isVoid }) => isVoid).length
  const bound =
    violations === 0 ? `; with 95 % confidence fewer than ${(3e6 / reads).toFixed(1)} in a million` : ''
  console.log(`\n${reads.toLocaleString('en')} reads, ${violations} violations${bound}; ${voids} runs void`)
  if (violations > 0 || voids > 0) process.exitCode = 1
}

const variant = variantModule(values.protocol)
const system = await startFaultySystem({
  ...(variant && { variant }),
  gateway: values.gateway === 'fastify' ? 'fastify' : 'nginx',
  say: (text) => console.error(text),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void system.stop().finally(() => process.exit(1)))
}
try {
  for (const text of system.description) console.log(text)
  if (values.protocol) console.log(`protocol: ${values.protocol}`)
  conclude(await runAll(system))
} finally {
  await system.stop()
}
