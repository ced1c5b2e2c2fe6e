import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { CACHE_DIR } from '../../dev/index.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** CHROMIUM, or the first Chromium or Chrome on PATH, or the one that `make browser` has fetched. */
export function findBrowser(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...onPath, join(CACHE_DIR, 'chromium', 'browser')].find(isExecutable)
}
