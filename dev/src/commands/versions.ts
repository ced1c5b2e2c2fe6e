import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

interface LockFile {
  packages: Record<string, { version?: string } | undefined>
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}

/** Every folder with a lock file of its own. */
function packages(): string[] {
  return readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'package-lock.json')))
}

/** The dependencies that a package names, with their versions in its lock file. */
function lockedVersions(name: string): [dependency: string, version: string][] {
  const { dependencies, devDependencies } = readJson<Manifest>(join(name, 'package.json'))
  const { packages: locked } = readJson<LockFile>(join(name, 'package-lock.json'))
  return Object.keys({ ...dependencies, ...devDependencies }).map((dependency) => [
    dependency,
    locked[`node_modules/${dependency}`]?.version ?? 'none',
  ])
}

/** Which folders have which version of a dependency. */
function usersByVersion(): Map<string, Map<string, string[]>> {
  const all = new Map<string, Map<string, string[]>>()
  for (const name of packages()) {
    for (const [dependency, version] of lockedVersions(name)) {
      const users = all.get(dependency) ?? new Map<string, string[]>()
      all.set(dependency, users.set(version, [...(users.get(version) ?? []), name]))
    }
  }
  return all
}

const all = usersByVersion()
const differing = [...all].filter(([, users]) => users.size > 1)
for (const [dependency, users] of differing) {
  const where = [...users].map(([version, names]) => `${version} in ${names.join(', ')}`)
  console.error(`${dependency} has more than one version: ${where.join('; ')}`)
}
if (differing.length === 0) console.log(`${all.size} dependencies have one version each`)
process.exitCode = differing.length === 0 ? 0 : 1
