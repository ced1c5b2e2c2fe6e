import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { administrationOf } from '../administration/index.ts'
import { ErasureRepository } from '../erasures/index.ts'
import { EndingRepository } from '../sessions/index.ts'
import { type Beside, beside, runCommand } from './beside.ts'

const PAGE = 1_000
const ID = /^[\da-f]{24}$/

/** The ids that the command `erased` said. @throws Error naming a line that is none */
async function* idsOf(file: string): AsyncGenerator<string> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === '' || line.startsWith('#')) continue
    if (!ID.test(line)) throw new Error(`${file}: “${line.slice(0, 40)}” is no id`)
    yield line
  }
}

/** Those that the restored database knows of: where the tasks alone were restored, all of them. */
async function* erasedIn({ db }: Pick<Beside, 'db'>): AsyncGenerator<string> {
  const erasures = new ErasureRepository(db)
  let page: string[] = []
  do {
    page = await erasures.findErased(page.at(-1), PAGE)
    yield* page
  } while (page.length > 0)
}

async function eraseAgain(
  beside: Beside,
  file: string | undefined,
): Promise<{ noted: number; back: number }> {
  const administration = administrationOf({ db: beside.db, tell: () => {} })
  const counts = { noted: 0, back: 0 }
  for (const ids of [...(file === undefined ? [] : [idsOf(file)]), erasedIn(beside)])
    for await (const id of ids) {
      if (await administration.eraseAgain(id)) counts.back++
      counts.noted++
    }
  return counts
}

async function endSessions(db: Beside['db']): Promise<number> {
  const endings = new EndingRepository(db)
  let [all, some] = [0, 0]
  do {
    some = await endings.endSome('database_restored')
    all += some
  } while (some > 0)
  return all
}

/**
 * After a database was restored from a backup: deletes again the accounts that had been deleted since, has their tasks
 * deleted again, and ends every session. Repeatable.
 */
const [file] = process.argv.slice(2)
await runCommand('restored', () =>
  beside('restored', async (parts) => {
    const { noted, back } = await eraseAgain(parts, file)
    const sessions = await endSessions(parts.db)
    await parts.record('database.restored', null)
    return `${noted} deletions replayed, of which ${back} accounts were back; ${sessions} sessions ended`
  }),
)
