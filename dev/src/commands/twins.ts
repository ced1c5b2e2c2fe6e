import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { run } from '../run.ts'

/** Files that both services have, byte for byte: the skeleton is copied on purpose, and kept equal on purpose. */
const TWINS = [
  'src/server.ts',
  ...[
    'mongo',
    'redis',
    'error-handler',
    'driver-errors',
    'internal',
    'load-limit',
    'openapi',
    'public-http',
    'request-log',
  ].map((name) => `src/plugins/${name}.ts`),
]
const [FIRST, SECOND] = ['auth-service', 'task-service']
const DIFF_TIMEOUT_MS = 10_000

/** @returns what is wrong with a pair of twins, if anything */
async function difference(file: string): Promise<string | undefined> {
  const [first, second] = [join(FIRST, file), join(SECOND, file)]
  const missing = [first, second].filter((path) => !existsSync(join(ROOT, path)))
  if (missing.length > 0) return `${missing.join(' and ')} is missing`
  if (readFileSync(join(ROOT, first)).equals(readFileSync(join(ROOT, second)))) return undefined
  const { stdout } = await run(
    'diff',
    ['-u', '--label', first, '--label', second, join(ROOT, first), join(ROOT, second)],
    DIFF_TIMEOUT_MS,
  )
  return `${first} and ${second} differ:\n${stdout}`
}

const differences = (await Promise.all(TWINS.map(difference))).filter((one) => one !== undefined)
for (const one of differences) console.error(one)
console.log(
  differences.length === 0
    ? `${TWINS.length} twin files are equal`
    : `${differences.length} of ${TWINS.length} twin files drifted apart`,
)
process.exitCode = differences.length === 0 ? 0 : 1
