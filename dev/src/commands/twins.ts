import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { run } from '../run.ts'

const [FIRST, SECOND] = ['auth-service', 'task-service']
/** The skeleton of a service, copied on purpose: every file of it is the same in both, byte for byte. */
const TWIN_FOLDER = 'src/platform'
const TWIN_FILES = [
  'src/server.ts',
  'test/support/free-port.ts',
  'test/support/undisturbed.ts',
  'test/support/until.ts',
]
/** Has copies of the files that a gateway needs, byte for byte. */
const THIRD = 'gateway'
/** Files that differ in the service's own words alone. */
const ALIKE = ['Dockerfile']
/** Its name, its ports, and what it is. */
const OWN_WORDS = /auth-service|task-service|\b[89][01]0[12]\b|(?<=image\.description=)"[^"]*"/g
const DIFF_TIMEOUT_MS = 10_000

/** A file, and who has it beside the first service. */
type Pair = [file: string, other: string]

/** Every file of the folder in any of these packages. */
function twinFolder(...packages: string[]): string[] {
  const found = packages.flatMap((service) =>
    readdirSync(join(ROOT, service, TWIN_FOLDER), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, service).length + 1)),
  )
  return [...new Set(found)].sort()
}

/** The part of the text that has to be equal in both. */
function contentOf(file: string, service: string): string {
  const text = readFileSync(join(ROOT, service, file), 'utf8')
  return ALIKE.includes(file) ? text.replace(OWN_WORDS, '…') : text
}

/** @returns what is wrong with a pair of twins, if anything */
async function difference([file, other]: Pair): Promise<string | undefined> {
  const [first, second] = [join(FIRST, file), join(other, file)]
  const missing = [first, second].filter((path) => !existsSync(join(ROOT, path)))
  if (missing.length > 0) return `${missing.join(' and ')} is missing`
  if (contentOf(file, FIRST) === contentOf(file, other)) return undefined
  const { stdout } = await run(
    'diff',
    ['-u', '--label', first, '--label', second, join(ROOT, first), join(ROOT, second)],
    DIFF_TIMEOUT_MS,
  )
  return `${first} and ${second} differ:\n${stdout}`
}

const files: Pair[] = [
  ...[...twinFolder(FIRST, SECOND), ...TWIN_FILES, ...ALIKE].map((file): Pair => [file, SECOND]),
  ...twinFolder(THIRD).map((file): Pair => [file, THIRD]),
]
const differences = (await Promise.all(files.map(difference))).filter((one) => one !== undefined)
for (const one of differences) console.error(one)
console.log(
  differences.length === 0
    ? `${files.length} twin files are equal`
    : `${differences.length} of ${files.length} twin files drifted apart`,
)
process.exitCode = differences.length === 0 ? 0 : 1
