import t from 'tap'
import { silentDatabase } from '../../test/support/silent-database.ts'
import { OutcomeUnknown, TooManyWrites, WriteUnavailable } from '../errors.ts'
import { BulkService } from './bulk.service.ts'
import { CreationKeyRepository } from './creation-keys.repository.ts'
import { KeyedCreations } from './keyed-creations.ts'
import { TaskRepository } from './tasks.repository.ts'

const OWNER = '0'.repeat(24)

for (const [code, Refusal] of Object.entries({
  write_unavailable: WriteUnavailable,
  too_many_writes: TooManyWrites,
})) {
  t.test(`after an operation of unknown outcome, ${code} would be a lie: the whole is unknown`, async (t) => {
    const tasks = new TaskRepository(silentDatabase())
    tasks.count = async () => 0
    tasks.insert = async () => {
      throw new OutcomeUnknown()
    }
    let writes = 0
    const service = new BulkService({
      tasks,
      keyed: new KeyedCreations(new CreationKeyRepository(silentDatabase(), 1)),
      async write(_owner, _deadline, commit) {
        if (++writes > 1) throw new Refusal()
        return commit()
      },
      maxTasks: 1,
      retentionMs: 1,
    })
    const run = service.run(OWNER, [{ op: 'create', title: 'a' }], 0)
    await t.rejects(run, { statusCode: 503, code: 'OUTCOME_UNKNOWN' })
    t.equal(writes, 2)
  })
}
