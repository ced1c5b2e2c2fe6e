import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { privateDirectory } from './private.ts'

const SQLITE_BUSY = 5

/**
 * Claims a checkout's data for this process until it ends, however it ends: the lock is one of the kernel's, which SQLite takes on a
 * file. A file with a process id alone would outlive its process, and the id would come to belong to another one.
 * @param directory has the lock, and the id of the process that holds it, for people
 * @throws Error of one sentence when another process has it
 */
export async function claim(directory: string): Promise<void> {
  await privateDirectory(directory)
  const [lockFile, pidFile] = [join(directory, 'running.lock'), join(directory, 'running.pid')]
  const lock = new DatabaseSync(lockFile, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY)
      throw new Error(`${lockFile} cannot be locked: ${(error as Error).message}.`)
    throw new Error(
      `make dev is already running in this checkout (${holder(pidFile)} has locked ${lockFile}); its data cannot be used twice at once.`,
    )
  }
  writeFileSync(pidFile, String(process.pid))
  // Kept for ever: a handle that is garbage-collected would release the lock.
  process.once('exit', () => lock.close())
}

/** The process id in the file; undefined while the holder has not written it yet. */
function holder(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, 'utf8')}`
  } catch {
    return 'another process'
  }
}
