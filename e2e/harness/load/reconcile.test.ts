import t from 'tap'
import { reconcile } from './reconcile.ts'

const post = (owner: number, title: string) => ({ owner, title })

t.test('a task that was acknowledged and is there once is in order', (t) => {
  const posts = [post(0, 'n1'), post(1, 'n1'), post(1, 'n2')]
  t.same(reconcile(posts, posts, [['n1'], ['n2', 'n1']]), {
    lost: [],
    doubled: [],
    invented: [],
    acknowledged: 3,
    unacknowledgedButThere: 0,
  })
  t.end()
})

t.test(
  'an acknowledged task that no list shows is lost, also when another owner has one of that name',
  (t) => {
    const posts = [post(0, 'n1'), post(1, 'n1')]
    t.same(reconcile(posts, posts, [['n1'], []]).lost, ['1: n1'])
    t.end()
  },
)

t.test('a task that is there twice is doubled, acknowledged or not', (t) => {
  const posts = [post(0, 'n1'), post(0, 'n2')]
  const { doubled } = reconcile(posts, [post(0, 'n1')], [['n1', 'n2', 'n1', 'n2']])
  t.same(doubled, ['0: n1', '0: n2'])
  t.end()
})

t.test('a task without an acknowledgement may be there or not', (t) => {
  const posts = [post(0, 'n1'), post(0, 'n2')]
  const { lost, doubled, invented, unacknowledgedButThere } = reconcile(posts, [], [['n2']])
  t.same({ lost, doubled, invented }, { lost: [], doubled: [], invented: [] })
  t.equal(unacknowledgedButThere, 1)
  t.end()
})

t.test('a task that nobody asked for is invented', (t) => {
  t.same(reconcile([post(0, 'n1')], [post(0, 'n1')], [['n1', 'n9'], ['n1']]).invented, ['0: n9', '1: n1'])
  t.end()
})
