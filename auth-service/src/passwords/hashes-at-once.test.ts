import t from 'tap'
import { hashesAtOnce } from './hashes-at-once.ts'

t.test('as many passwords are hashed at once as there are processors and threads for', async (t) => {
  t.equal(hashesAtOnce(2, 8), 2, 'a processor for each')
  t.equal(hashesAtOnce(64, 1), 1, 'a thread for each, on a large node that the container may not use')
  t.equal(hashesAtOnce(64, undefined), 4, 'the pool as Node makes it')
})
