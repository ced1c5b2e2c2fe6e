import { ErasureRepository } from '../erasures/index.ts'
import { beside, runCommand } from './beside.ts'

const PAGE = 1_000

/** Says the ids of all deleted accounts, one a line: to be kept beside a backup, for the command `restored`. */
await runCommand('erased', () =>
  beside('erased', async ({ db }) => {
    const erasures = new ErasureRepository(db)
    let count = 0
    for (let after: string | undefined; ; ) {
      const ids = await erasures.findErased(after, PAGE)
      for (const id of ids) console.log(id)
      count += ids.length
      after = ids.at(-1)
      if (after === undefined) break
    }
    return `# ${count} deleted accounts`
  }),
)
