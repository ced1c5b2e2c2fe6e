import t from 'tap'
import { silentDatabase } from '../../test/support/silent-database.ts'
import { EpochRepository } from './epoch.repository.ts'
import { OFF } from './ports.ts'

t.test('no step waits for a database that says nothing', async (t) => {
  const epochs = new EpochRepository(silentDatabase())
  const steps = [epochs.renew('me', OFF, []), epochs.settle(1), epochs.propose(1, OFF)]
  for (const step of steps) await t.rejects(step, { code: 'ETIMEDOUT' })
})
