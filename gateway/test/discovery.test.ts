import t, { type Test } from 'tap'
import { discover, type Resolve } from '../src/discovery.ts'
import { createBalancer } from '../src/upstreams.ts'

/** DNS as it is at one moment: a test changes what it answers. */
function setUp(t: Test, answer: { addresses: string[] | Error }) {
  const troubles: string[] = []
  const asked: string[] = []
  const resolve: Resolve = async (host) => {
    asked.push(host)
    if (answer.addresses instanceof Error) throw answer.addresses
    return answer.addresses
  }
  const named = ['http://tasks-headless:8002']
  const balancer = createBalancer(named, { onRefusal: () => void discovery.look() })
  const discovery = discover(
    balancer,
    { named, balancing: 'least-connections' },
    (error) => troubles.push(error.message),
    resolve,
  )
  t.teardown(() => discovery.stop())
  const origins = () => balancer.upstreams.map(({ origin }) => origin)
  return { balancer, discovery, origins, troubles, asked }
}

t.test('each address of a name is an instance, in an order that DNS does not change', async (t) => {
  const answer = { addresses: ['10.0.0.2', '10.0.0.1', 'fd00::1'] }
  const { discovery, origins, asked } = setUp(t, answer)
  await discovery.look()
  t.strictSame(asked, ['tasks-headless'])
  t.strictSame(origins(), ['http://10.0.0.1:8002', 'http://10.0.0.2:8002', 'http://[fd00::1]:8002'])
  answer.addresses.reverse()
  await discovery.look()
  t.strictSame(origins(), ['http://10.0.0.1:8002', 'http://10.0.0.2:8002', 'http://[fd00::1]:8002'])
})

t.test('an instance that stays keeps its requests in flight; others come and go', async (t) => {
  const answer = { addresses: ['10.0.0.1'] }
  const { balancer, discovery, origins } = setUp(t, answer)
  await discovery.look()
  const busy = balancer.acquire([])
  answer.addresses = ['10.0.0.1', '10.0.0.9']
  await discovery.look()
  t.equal(balancer.upstreams[0], busy)
  t.equal(balancer.acquire([])?.origin, 'http://10.0.0.9:8002', 'the idle one is next')
  answer.addresses = ['10.0.0.9']
  await discovery.look()
  t.strictSame(origins(), ['http://10.0.0.9:8002'])
})

t.test('a refused connection has the name looked up at once, however many there are', async (t) => {
  const answer = { addresses: ['10.0.0.1'] }
  const { balancer, discovery, origins, asked } = setUp(t, answer)
  await discovery.look()
  answer.addresses = ['10.0.0.2']
  const [gone] = balancer.upstreams
  if (!gone) throw new Error('no instance')
  for (let refused = 0; refused < 5; refused++) balancer.passOver(gone)
  await discovery.look()
  t.equal(asked.length, 2, 'one look for all five')
  t.strictSame(origins(), ['http://10.0.0.2:8002'])
})

t.test('while DNS fails everything stays as it was, and is said once', async (t) => {
  const answer: { addresses: string[] | Error } = { addresses: ['10.0.0.1'] }
  const { discovery, origins, troubles } = setUp(t, answer)
  await discovery.look()
  answer.addresses = new Error('ENOTFOUND')
  await discovery.look()
  await discovery.look()
  t.strictSame(origins(), ['http://10.0.0.1:8002'])
  t.strictSame(troubles, ['ENOTFOUND'])
  answer.addresses = ['10.0.0.3']
  await discovery.look()
  t.strictSame(origins(), ['http://10.0.0.3:8002'], 'and goes on once it answers')
})
