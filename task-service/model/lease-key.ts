import type { Epoch } from '../src/cache/ports.ts'
import type { Actor, LeaseWorld, Request } from './lease-state.ts'
import type { StateKey } from './visited-states.ts'

const RUNS = ['off', 'A', 'B']
const ACTIONS = ['renew', 'settle', 'propose']
/** Longer than any lease: what is older makes no difference. */
const OLDEST = 3

/** Times count from now. */
export function writeLeaseKey({ now, document, actors, failures }: LeaseWorld, key: StateKey): void {
  key.put(epochCode(document), 6)
  key.put(failures, 2)
  for (const actor of actors) {
    key.put(stateCode(actor, now), 12)
    for (const request of [actor.request, actor.proposal]) key.put(requestCode(request, now), 15)
    key.put(actor.orphan ? actionCode(actor.orphan) : 0, 7)
  }
}

function epochCode({ epoch, redisRun, settled }: Epoch): number {
  return (epoch << 3) | (RUNS.indexOf(redisRun) << 1) | (settled ? 1 : 0)
}

/** What only says how soon to look again is left out, as is since when Redis is away: it is given up at once. */
function stateCode({ state, self }: Actor, now: number): number {
  const { seen, seenSince, heldUntil } = state
  if (!seen) return 0
  const watched = Math.min(now - seenSince, self.timing.leaseMs)
  const held = Math.max(0, heldUntil - now)
  return (((epochCode(seen) << 3) | watched) << 3) | held
}

function requestCode(request: Request | undefined, now: number): number {
  if (!request) return 0
  const { action, sent, read } = request
  const age = Math.min(now - sent, OLDEST)
  return (((actionCode(action) << 2) | age) << 6) | (read ? epochCode(read) : 0)
}

function actionCode(action: Request['action']): number {
  if (action.do === 'renew') return 1
  const run = action.do === 'propose' ? RUNS.indexOf(action.redisRun) : 0
  return 1 + ((action.epoch << 4) | (run << 2) | ACTIONS.indexOf(action.do))
}
