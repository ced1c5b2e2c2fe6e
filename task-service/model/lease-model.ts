import {
  decide,
  leaseAt,
  NOTHING_SEEN,
  type Observation,
  writableLease,
} from '../src/cache/epoch-decisions.ts'
import { OFF } from '../src/cache/ports.ts'
import { TIMING, type Timing } from '../src/cache/timing.ts'
import type { Model, Step } from './explorer.ts'
import { writeLeaseKey } from './lease-key.ts'
import type { Actor, LeaseWorld, Request } from './lease-state.ts'

/** One tick stands for as long as one likes; what matters is how the durations compare. Redis is given up at once. */
const TICKS = { ...TIMING, leaseMs: 2, marginMs: 1, giveUpMs: 0 }
/** The same durations, by a clock that runs slower: they take longer. */
const SLOW_TICKS = { ...TICKS, leaseMs: 3 }
/** By pairs of instances. The last two contradict what checkTiming asks for. */
export const CLOCKS = {
  different: [TICKS, SLOW_TICKS],
  /** A lease is held for as long as it is waited out, by whichever clock. */
  withoutMargin: [TICKS, { ...SLOW_TICKS, marginMs: 0 }],
  /** One of them calls an epoch settled before the leases of the other have ended. */
  impatient: [{ ...TICKS, leaseMs: 1, marginMs: 0 }, SLOW_TICKS],
} as const satisfies Record<string, readonly [Timing, Timing]>

export interface Options {
  lastEpoch?: number
  failures?: number
  runs?: readonly string[]
  clocks?: keyof typeof CLOCKS
}

/**
 * Two instances that run the decisions of src/cache/epoch-decisions.ts, with clocks of different speed, at any moment and
 * in any order: renewals may come late or never, answers may be lost, and an instance may be frozen for any time.
 * Shows what epoch-model.ts takes for granted of epochs, and that nobody writes past a cache that another reads from.
 */
export function leaseModel({
  lastEpoch = 3,
  failures = 0,
  runs = ['A'],
  clocks = 'different',
}: Options = {}): Model<LeaseWorld> {
  return {
    name: 'epoch decisions',
    words: 7,
    initial: {
      now: 0,
      document: { epoch: 1, redisRun: 'A', settled: true, members: {} },
      actors: CLOCKS[clocks].map((timing, i) => ({
        self: { member: `i${i}`, timing },
        state: NOTHING_SEEN,
        request: undefined,
        proposal: undefined,
        orphan: undefined,
      })),
      lastEpoch,
      failures,
      runs,
    },
    writeKey: writeLeaseKey,
    steps: (world) => [
      judged('a tick passes', { ...world, now: world.now + 1 }),
      ...world.actors.flatMap((actor, i) => [
        ...loopSteps(world, i, actor),
        ...proposalSteps(world, i, actor),
        ...orphanSteps(world, i, actor),
      ]),
    ],
  }
}

type Slot = 'request' | 'proposal'

function loopSteps(world: LeaseWorld, i: number, { request }: Actor): Step<LeaseWorld>[] {
  if (request) return [...answered(world, i, 'request', request), ...failed(world, i, 'request', request)]
  return [observed(world, i, 'request', { kind: 'due', reaches: undefined }, 'sends a renewal')]
}

function proposalSteps(world: LeaseWorld, i: number, { proposal, state }: Actor): Step<LeaseWorld>[] {
  if (proposal)
    return [...answered(world, i, 'proposal', proposal), ...failed(world, i, 'proposal', proposal)]
  const lease = leaseAt(state, world.now)
  if (!lease || lease.redisRun === OFF) return []
  return [observed(world, i, 'proposal', { kind: 'redis failed', lease }, 'cannot reach Redis in a write')]
}

function orphanSteps(world: LeaseWorld, i: number, { orphan }: Actor): Step<LeaseWorld>[] {
  if (!orphan) return []
  const { document, breaks } = carryOut(world, orphan)
  const after = setActor({ ...world, document }, i, { orphan: undefined })
  return [judged(`i${i}'s late ${orphan.do} is carried out`, after, breaks)]
}

function answered(world: LeaseWorld, i: number, slot: Slot, request: Request): Step<LeaseWorld>[] {
  const { action, sent, read } = request
  if (action.do === 'renew') {
    return [undefined, ...world.runs].map((reaches) => {
      const renewed = { kind: 'renewed', epoch: read ?? null, sent, reaches } as const
      return observed(world, i, slot, renewed, `has its renewal of epoch ${read?.epoch}, reaches ${reaches}`)
    })
  }
  const { document, answer: epoch, breaks } = carryOut(world, action)
  const observation: Observation =
    action.do === 'settle' ? { kind: 'settled', epoch, sent } : { kind: 'proposed', epoch, sent, as: action }
  const label = `does ${action.do} ${action.do === 'propose' ? action.redisRun : ''} after epoch ${action.epoch}`
  return [observed({ ...world, document }, i, slot, observation, label, breaks)]
}

/** No answer in time, whether or not the step is carried out some day. */
function failed(world: LeaseWorld, i: number, slot: Slot, request: Request): Step<LeaseWorld>[] {
  const { orphan } = world.actors[i] as Actor
  if (world.failures === 0 || orphan) return []
  const { action, sent } = request
  const left = setActor({ ...world, failures: world.failures - 1 }, i, {
    orphan: action.do === 'renew' ? undefined : action,
  })
  const observation: Observation =
    action.do === 'propose' ? { kind: 'proposed', epoch: null, sent, as: action } : { kind: 'failed' }
  return [observed(left, i, slot, observation, `has no answer to its ${action.do}`)]
}

/** The service decides; what it then sends to the document takes the place of the request that was answered. */
function observed(
  world: LeaseWorld,
  i: number,
  slot: Slot,
  observation: Observation,
  label: string,
  breaks = false,
): Step<LeaseWorld> {
  const { state: before, self } = world.actors[i] as Actor
  const { state, actions } = decide(before, observation, world.now, self)
  const action = actions.find((one) => one.do === 'renew' || one.do === 'settle' || one.do === 'propose')
  const isBeyond = action?.do === 'propose' && action.successor > world.lastEpoch
  const read = action?.do === 'renew' ? world.document : undefined
  const next = action && !isBeyond ? { action, sent: world.now, read } : undefined
  return judged(`i${i} ${label}`, setActor(world, i, { state, [slot]: next }), breaks)
}

/** As EpochRepository does it, in one document. The assumption about epochs is judged here. */
function carryOut({ document }: LeaseWorld, action: Request['action']) {
  if (action.do === 'renew' || action.epoch !== document.epoch)
    return { document, answer: null, breaks: false }
  if (action.do === 'settle') {
    const settled = { ...document, settled: true }
    return { document: settled, answer: settled, breaks: false }
  }
  const next = { epoch: action.successor, redisRun: action.redisRun, settled: false, members: {} }
  const isOff = document.redisRun === OFF
  const isInOrder = isOff ? document.settled && action.redisRun !== OFF : action.redisRun === OFF
  return { document: next, answer: next, breaks: !isInOrder }
}

function setActor(world: LeaseWorld, i: number, change: Partial<Actor>): LeaseWorld {
  return { ...world, actors: world.actors.with(i, { ...(world.actors[i] as Actor), ...change }) }
}

/**
 * Unsafe: a reader has a cache to go by while a writer may begin under another epoch, without a mark where the reader
 * looks; a document is settled while a lease on an older epoch is held; epochs do not take turns.
 */
function judged(label: string, world: LeaseWorld, breaks = false): Step<LeaseWorld> {
  const { now, document, actors } = world
  const leases = actors.map(({ state }) => leaseAt(state, now))
  const writers = actors.map(({ state }) => writableLease(state, now))
  const isPast = leases.some(
    (reader) => reader?.readable && writers.some((writer) => writer && writer.epoch !== reader.epoch),
  )
  const isSettledEarly = document.settled && leases.some((lease) => lease && lease.epoch < document.epoch)
  if (!breaks && !isPast && !isSettledEarly) return { label, state: world }
  return { label: `${label}: UNSAFE`, state: world, breaks: ['fresh', 'monotonic'] }
}
