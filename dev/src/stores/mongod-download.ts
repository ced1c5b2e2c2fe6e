import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Machine } from '../machine.ts'
import { run } from '../run.ts'

const DOWNLOAD_HOST = 'fastdl.mongodb.org'
const REACH_TIMEOUT_MS = 2_000
const DOWNLOAD_TIMEOUT_MS = 300_000
const TRY_TIMEOUT_MS = 5_000
/** A machine that is offline, or that no build runs on, stays so for a while: later starts do not wait for it again. */
const REMEMBER_FAILURE_MS = 24 * 60 * 60 * 1000

function isReachable(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 443 })
    const timer = setTimeout(() => settle(false), REACH_TIMEOUT_MS)
    function settle(answer: boolean) {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function works(mongod: string): Promise<boolean> {
  return run(mongod, ['--version'], TRY_TIMEOUT_MS).then(({ ok }) => ok)
}

async function download(directory: string, say: (line: string) => void): Promise<string> {
  if (!(await isReachable(DOWNLOAD_HOST))) throw new Error(`${DOWNLOAD_HOST} cannot be reached`)
  say(`downloading mongod into .cache (once)`)
  const { MongoBinary } = await import('mongodb-memory-server-core')
  const limit = new Promise<never>((_resolve, reject) => {
    setTimeout(
      () => reject(new Error(`the download took more than ${DOWNLOAD_TIMEOUT_MS / 1000} s`)),
      DOWNLOAD_TIMEOUT_MS,
    ).unref()
  })
  return Promise.race([MongoBinary.getPath({ downloadDir: directory }), limit])
}

/**
 * A real mongod, fetched once by mongodb-memory-server-core.
 * @returns its path, or undefined where none can be fetched or none runs; that is remembered for a day
 */
export async function downloadedMongod({ cacheDir, say }: Machine): Promise<string | undefined> {
  const directory = join(cacheDir, 'mongod')
  const pathFile = join(directory, 'path')
  const failureFile = join(directory, 'failed')
  const known = await readFile(pathFile, 'utf8').catch(() => undefined)
  if (known && (await works(known))) return known
  const failedAt = Number(await readFile(failureFile, 'utf8').catch(() => 0))
  if (Date.now() - failedAt < REMEMBER_FAILURE_MS) return undefined
  await mkdir(directory, { recursive: true })
  try {
    const mongod = await download(directory, say)
    if (!(await works(mongod))) throw new Error('the downloaded mongod does not run on this machine')
    await writeFile(pathFile, mongod)
    await rm(failureFile, { force: true })
    return mongod
  } catch (error) {
    say(`no mongod download (${(error as Error).message}); looking for another server`)
    await writeFile(failureFile, String(Date.now()))
    return undefined
  }
}
