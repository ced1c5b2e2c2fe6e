import t from 'tap'
import { msUntil, type ReplicaSample, replicasOf, restartsOf, seenBetween } from './replicas.ts'

const sample = (at: number, desired: number, ready: number): ReplicaSample => ({
  at,
  services: { 'task-service': { desired, ready, cpu: undefined } },
})
const samples = [
  sample(0, 2, 2),
  sample(1000, 2, 2),
  sample(2000, 4, 2),
  sample(3000, 4, 4),
  sample(4000, 2, 4),
]

t.test('replicas of a service are read from its deployment and autoscaler', (t) => {
  const deployments = [
    { metadata: { name: 'authdb-task-service' }, spec: { replicas: 4 }, status: { readyReplicas: 3 } },
    { metadata: { name: 'authdb-auth-service' }, spec: {}, status: {} },
  ]
  const autoscalers = [
    {
      spec: { scaleTargetRef: { name: 'authdb-task-service' } },
      status: { currentMetrics: [{ containerResource: { current: { averageUtilization: 81 } } }] },
    },
  ]
  t.same(replicasOf(deployments, autoscalers, 'authdb'), {
    'task-service': { desired: 4, ready: 3, cpu: 81 },
    'auth-service': { desired: 1, ready: 0, cpu: undefined },
  })
  t.end()
})

t.test('restarts are those of the container, and none before it has started', (t) => {
  const containerStatuses = [
    { name: 'sidecar', restartCount: 4 },
    { name: 'task-service', restartCount: 1 },
  ]
  t.equal(restartsOf({ status: { containerStatuses } }, 'task-service'), 1)
  t.equal(restartsOf({ status: {} }, 'task-service'), 0)
  t.end()
})

t.test('the numbers seen in a span are distinct and in order', (t) => {
  t.same(seenBetween(samples, 'task-service', 0, 2000), { desired: [2], ready: [2] })
  t.same(seenBetween(samples, 'task-service', 0, 5000), { desired: [2, 4], ready: [2, 4] })
  t.same(seenBetween(samples, 'auth-service', 0, 5000), { desired: [], ready: [] })
  t.end()
})

t.test('the time until a condition counts from the given moment', (t) => {
  t.equal(
    msUntil(samples, 'task-service', 1000, ({ ready }) => ready >= 3),
    2000,
  )
  t.equal(
    msUntil(samples, 'task-service', 0, ({ ready }) => ready >= 5),
    undefined,
  )
  t.end()
})
