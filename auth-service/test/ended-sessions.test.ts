import t from 'tap'
import { watchedEndings } from './support/watched-endings.ts'

t.test('ended sessions are found without looking at those that are open', async (t) => {
  const { ended, found, hint, plan } = await watchedEndings(t)
  t.strictSame(
    found.map(({ sid }) => sid),
    [ended],
  )
  t.equal(hint, 'revocations')
  if (plan.includes('"indexName"')) t.match(plan, '"indexName":"revocations"')
  else t.pass('the index', { skip: 'this database does not say it' })
})
