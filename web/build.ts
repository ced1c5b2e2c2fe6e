import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { recordedRun } from './recorded-run.ts'

/** All that a browser loads for the first view; the design's limit. */
const MAX_GZIPPED_BYTES = 60 * 1024
const HERE = import.meta.dirname
const DIST = join(HERE, 'dist')
const ASSETS = join(DIST, 'assets')
/** The run of `make scale-test` that the Scale view plays back. */
const RECORDED = join(HERE, '..', 'e2e', 'results', 'scale-20261124-1709.json')

/** File names carry a digest of their content, so that everything but index.html can be cached for ever. */
async function bundle(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: { app: join(HERE, 'src', 'main.tsx'), style: join(HERE, 'src', 'styles', 'style.css') },
    outdir: ASSETS,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return Object.keys(metafile.outputs).map((output) => output.slice(output.lastIndexOf('/') + 1))
}

function named(outputs: readonly string[], pattern: RegExp): string {
  const found = outputs.find((output) => pattern.test(output))
  if (!found) throw new Error(`the bundle has no file like ${pattern}`)
  return found
}

async function gzippedBytes(names: readonly string[]): Promise<number> {
  const files = await Promise.all(names.map((name) => readFile(join(ASSETS, name))))
  return files.reduce((sum, file) => sum + gzipSync(file).length, 0)
}

await rm(DIST, { recursive: true, force: true })
await mkdir(ASSETS, { recursive: true })
const outputs = await bundle()
const template = await readFile(join(HERE, 'src', 'index.html'), 'utf8')
const [script, style] = [named(outputs, /^app-.*\.js$/), named(outputs, /^style-.*\.css$/)]
await writeFile(
  join(DIST, 'index.html'),
  template.replace('app.js', `assets/${script}`).replace('style.css', `assets/${style}`),
)
await writeFile(join(ASSETS, 'icon.svg'), await readFile(join(HERE, 'src', 'icon.svg')))
await writeFile(join(ASSETS, 'recorded-run.json'), recordedRun(await readFile(RECORDED, 'utf8')))
const bytes = await gzippedBytes([script, style])
console.log(`The page: ${(bytes / 1024).toFixed(1)} KiB gzipped, in web/dist`)
if (bytes > MAX_GZIPPED_BYTES)
  throw new Error(`The page is larger than ${MAX_GZIPPED_BYTES / 1024} KiB gzipped.`)
