import { forgettableMembers, liveMembers } from './epoch-members.ts'
import { type Epoch, type Lease, OFF } from './ports.ts'
import type { Timing } from './timing.ts'

/** What one instance knows. Times are monotonic milliseconds of its own clock. */
export interface EpochState {
  /** The newest epoch it has seen */
  readonly seen: Epoch | undefined
  readonly seenSince: number
  /** On `seen` */
  readonly lease: Lease | undefined
  readonly heldUntil: number
  /** Since when neither this instance nor a live one reaches the Redis in use */
  readonly unreachableSince: number | undefined
  /** The last step on the document failed */
  readonly failing: boolean
}

export const NOTHING_SEEN: EpochState = {
  seen: undefined,
  seenSince: 0,
  lease: undefined,
  heldUntil: Number.NEGATIVE_INFINITY,
  unreachableSince: undefined,
  failing: false,
}

/** Run id of the Redis process that answers this instance at the moment, or undefined */
type Reaches = string | undefined

export type Observation =
  /** It is time to renew. */
  | { readonly kind: 'due'; readonly reaches: Reaches }
  /** Answers of the document, to what was sent at `sent`: null where it is not there, or another instance was faster */
  | {
      readonly kind: 'renewed'
      readonly epoch: Epoch | null
      readonly sent: number
      readonly reaches: Reaches
    }
  | { readonly kind: 'settled'; readonly epoch: Epoch | null; readonly sent: number }
  | { readonly kind: 'proposed'; readonly epoch: Epoch | null; readonly sent: number; readonly as: Proposal }
  /** A step on the document failed, or took too long. It may have been carried out, or may be yet. */
  | { readonly kind: 'failed' }
  /** A write under this lease got no answer from Redis for the whole of its patience. */
  | { readonly kind: 'redis failed'; readonly lease: Lease }

export type Notice = 'not renewed' | 'renewed again' | 'turned on' | 'turned off' | 'went back' | 'changed'

export interface Proposal {
  readonly do: 'propose'
  readonly epoch: number
  readonly redisRun: string
  readonly successor: number
}

export type Action =
  | { readonly do: 'renew'; readonly reaches: string; readonly forget: string[] }
  | { readonly do: 'prepare'; readonly settled: boolean }
  | { readonly do: 'settle'; readonly epoch: number }
  | Proposal
  /** Earlier than {@link pauseAfter} says */
  | { readonly do: 'look again'; readonly inMs: number }
  | { readonly do: 'tell'; readonly notice: Notice; readonly epoch?: number }

export interface Decision {
  readonly state: EpochState
  readonly actions: readonly Action[]
}

export interface Instance {
  readonly member: string
  readonly timing: Timing
}

/** The lease held at `now`. */
export function leaseAt({ lease, heldUntil }: EpochState, now: number): Lease | undefined {
  return now < heldUntil ? lease : undefined
}

/** The lease under which a write may begin at `now`: marked where there is a cache, directly once `off` is settled. */
export function writableLease(state: EpochState, now: number): Lease | undefined {
  const lease = leaseAt(state, now)
  return lease && mayBeginWrite(lease, state.seen?.settled === true) ? lease : undefined
}

export function mayBeginWrite({ redisRun }: Pick<Lease, 'redisRun'>, settled: boolean): boolean {
  return redisRun !== OFF || settled
}

/** What an answer of the document grants. */
export function leaseOn({ epoch, redisRun, settled }: Omit<Epoch, 'members'>): Lease {
  return { epoch, redisRun, readable: settled && redisRun !== OFF }
}

/** How long to wait before the next renewal: not long while something is to be seen soon. */
export function pauseAfter({ failing, seen, unreachableSince }: EpochState, timing: Timing): number {
  const isUneasy = failing || seen?.settled === false || unreachableSince !== undefined
  return isUneasy ? timing.retryMs : timing.renewMs
}

/**
 * Everything an instance decides about epochs: no clock, no I/O. The model check runs this very function.
 *
 * Epochs alternate between one Redis process and `off`. Whoever sees a new epoch first waits out a whole lease before
 * calling it settled; by then every lease on an older epoch has ended.
 * - `off` allows writes once settled.
 * - a Redis process allows marked writes at once (its predecessor was `off`, so nobody reads from it yet), and reads
 *   and fills once settled.
 */
export function decide(state: EpochState, observation: Observation, now: number, self: Instance): Decision {
  switch (observation.kind) {
    case 'due': {
      const forget = state.seen ? forgettableMembers(state.seen, self.member, self.timing) : []
      return { state, actions: [{ do: 'renew', reaches: observation.reaches ?? 'none', forget }] }
    }
    case 'renewed':
      return renewed(state, observation, now, self)
    case 'settled':
      return observation.epoch ? observed(state, observation.epoch, observation.sent, now, self) : keep(state)
    case 'proposed':
      return proposed(state, observation, now, self)
    case 'failed':
      return {
        state: { ...state, failing: true },
        actions: state.failing ? [] : [{ do: 'tell', notice: 'not renewed' }],
      }
    case 'redis failed':
      // Without the lease the instance may just have woken up: to the others it is one that crashed.
      return observation.lease.redisRun !== OFF && leaseAt(state, now)?.epoch === observation.lease.epoch
        ? { state, actions: [propose(observation.lease.epoch, OFF)] }
        : keep(state)
  }
}

function renewed(
  before: EpochState,
  { epoch, sent, reaches }: Extract<Observation, { kind: 'renewed' }>,
  now: number,
  self: Instance,
): Decision {
  const told: Action[] = before.failing ? [{ do: 'tell', notice: 'renewed again' }] : []
  const state = { ...before, failing: false }
  if (!epoch) return { state, actions: [...told, { do: 'prepare', settled: !state.seen }] }
  if (state.seen && epoch.epoch < state.seen.epoch) {
    // Epochs only grow, but a database restored from a backup does not know: leases on what it forgot are waited out.
    return { state, actions: [...told, propose(epoch.epoch, OFF, state.seen.epoch + 1)] }
  }
  const { state: seeing, actions } = observed(state, epoch, sent, now, self)
  const { state: after, actions: next } = advance(seeing, epoch, reaches, now, self)
  return { state: after, actions: [...told, ...actions, ...next] }
}

/** Settles what has been waited out; turns the cache off or on where that is called for. */
function advance(state: EpochState, seen: Epoch, reaches: Reaches, now: number, self: Instance): Decision {
  const { leaseMs, giveUpMs } = self.timing
  if (!seen.settled) {
    const isWaitedOut = now - state.seenSince >= leaseMs
    return { state, actions: isWaitedOut ? [{ do: 'settle', epoch: seen.epoch }] : [] }
  }
  const live = liveMembers(seen, self.member, self.timing)
  if (seen.redisRun === OFF) {
    const isWorthIt = reaches && leaseAt(state, now) && live.every((member) => member.reaches === reaches)
    return { state, actions: isWorthIt ? [propose(seen.epoch, reaches)] : [] }
  }
  // One instance that starts slowly, or is wrongly configured, does not turn the cache off for all.
  if (reaches === seen.redisRun || live.some((member) => member.reaches === seen.redisRun))
    return keep({ ...state, unreachableSince: undefined })
  const unreachableSince = state.unreachableSince ?? now
  const isLost = reaches !== undefined || now - unreachableSince >= giveUpMs
  return { state: { ...state, unreachableSince }, actions: isLost ? [propose(seen.epoch, OFF)] : [] }
}

function proposed(
  state: EpochState,
  { epoch, sent, as }: Extract<Observation, { kind: 'proposed' }>,
  now: number,
  self: Instance,
): Decision {
  if (!epoch) return { state, actions: [{ do: 'look again', inMs: 0 }] }
  const switched = as.redisRun === OFF ? 'turned off' : 'turned on'
  const notice = as.successor === as.epoch + 1 ? switched : 'went back'
  const { state: after, actions } = observed(state, epoch, sent, now, self)
  const look = { do: 'look again', inMs: self.timing.retryMs } as const
  return { state: after, actions: [{ do: 'tell', notice, epoch: epoch.epoch }, ...actions, look] }
}

/** An answer grants a lease that counts from before the question was sent. */
function observed(
  state: EpochState,
  epoch: Epoch,
  sent: number,
  now: number,
  { timing: { leaseMs, marginMs } }: Instance,
): Decision {
  const { seen } = state
  if (seen && epoch.epoch < seen.epoch) return keep(state)
  const isNew = epoch.epoch !== seen?.epoch
  // An instance that held no lease was cut off or stood still: it has not been watching Redis in the meantime.
  const wasWatching = !isNew && now < state.heldUntil
  const granted = sent + leaseMs - marginMs
  const after = {
    ...state,
    seen: epoch,
    seenSince: isNew ? now : state.seenSince,
    lease: leaseOn(epoch),
    heldUntil: isNew ? granted : Math.max(granted, state.heldUntil),
    unreachableSince: wasWatching ? state.unreachableSince : undefined,
  }
  return { state: after, actions: isNew && seen ? [{ do: 'tell', notice: 'changed' }] : [] }
}

function propose(epoch: number, redisRun: string, successor = epoch + 1): Proposal {
  return { do: 'propose', epoch, redisRun, successor }
}

function keep(state: EpochState): Decision {
  return { state, actions: [] }
}
