import { chmod, mkdir } from 'node:fs/promises'

/** For this user alone: read, write, enter */
const PRIVATE = 0o700

/** Makes a directory that only this user can enter, also where it was there before and others could. */
export async function privateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE })
  await chmod(path, PRIVATE)
}
