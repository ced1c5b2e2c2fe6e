import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Claims a checkout's data for this process, until it ends.
 * @throws Error of one sentence when a living process has it
 */
export function claim(pidFile: string): void {
  mkdirSync(dirname(pidFile), { recursive: true })
  try {
    writeFileSync(pidFile, String(process.pid), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (pid > 0 && isAlive(pid)) {
      throw new Error(
        `make dev is already running in this checkout (process ${pid}); its data cannot be used twice at once.`,
      )
    }
    writeFileSync(pidFile, String(process.pid))
  }
  process.once('exit', () => rmSync(pidFile, { force: true }))
}
