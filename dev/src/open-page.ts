import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' }

function openInBrowser(file: string): void {
  const opener = spawn(OPENERS[process.platform] ?? 'xdg-open', [file], { detached: true, stdio: 'ignore' })
  // If no browser opens, the address is on the screen.
  opener.on('error', () => {})
  opener.unref()
}

/**
 * The first Enter opens the page. The address holds the secret of the run, and the arguments of a process can be read by every
 * user of the machine: the browser is given a file of this user alone that leads there.
 * @param directory private to this user
 */
export function openOnEnter(
  url: string,
  directory: string,
  input: Readable = process.stdin,
  open: (file: string) => void = openInBrowser,
): void {
  createInterface({ input, terminal: false }).once('line', () => {
    const file = join(directory, 'open.html')
    const refresh = `<!doctype html><meta http-equiv="refresh" content="0; url=${url}"><title>AuthDB</title>`
    writeFileSync(file, refresh, { mode: 0o600 })
    open(file)
  })
}
