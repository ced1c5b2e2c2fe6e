import { StateKey, VisitedStates } from './visited-states.ts'

/** What a step of a protocol may break. `fresh` and `monotonic` are explained in promises.ts. */
export type Property = 'fresh' | 'monotonic'

export interface Step<State> {
  readonly label: string
  readonly state: State
  readonly breaks?: readonly Property[]
}

export interface Model<State> {
  readonly name: string
  readonly initial: State
  /** Size of a state's key in 32-bit words. */
  readonly words: number
  /** States with equal keys must have the same future; actors that may be swapped should be written in sorted order. */
  writeKey(state: State, key: StateKey): void
  /** Everything that may happen next. */
  steps(state: State): Step<State>[]
}

export interface Exploration {
  readonly states: number
  readonly steps: number
  /** Steps on the longest shortest path; a counterexample is as short as any. */
  readonly depth: number
  /** False when `maxStates` stopped the search: then "no violation" proves nothing. */
  readonly complete: boolean
  readonly counterexamples: ReadonlyMap<Property, readonly string[]>
  readonly seconds: number
}

export interface Limits {
  readonly maxStates?: number
  /** End at the first counterexample of this property, for negative controls. */
  readonly until?: Property
}

/** Visits every reachable state of the model, breadth first, and keeps a shortest counterexample of each broken property. */
export function explore<State>(
  model: Model<State>,
  { maxStates = 60_000_000, until }: Limits = {},
): Exploration {
  const started = performance.now()
  const visited = new VisitedStates(model.words)
  const key = new StateKey(model.words)
  const counterexamples = new Map<Property, readonly string[]>()
  let steps = 0
  let depth = 0
  let complete = true

  const remember = (state: State, parent: number): boolean => {
    key.clear()
    model.writeKey(state, key)
    return visited.add(key, parent)
  }

  remember(model.initial, -1)
  let frontier = [model.initial]
  let firstIndex = 0
  search: while (frontier.length > 0) {
    const next: State[] = []
    for (const [offset, state] of frontier.entries()) {
      const index = firstIndex + offset
      for (const step of model.steps(state)) {
        steps++
        for (const property of step.breaks ?? []) {
          if (counterexamples.has(property)) continue
          counterexamples.set(property, [...traceTo(model, visited, index), step.label])
          if (property === until) break search
        }
        if (remember(step.state, index)) next.push(step.state)
      }
      if (visited.count > maxStates) {
        complete = false
        break search
      }
    }
    firstIndex += frontier.length
    frontier = next
    depth++
  }
  const seconds = (performance.now() - started) / 1000
  return { states: visited.count, steps, depth, complete, counterexamples, seconds }
}

/**
 * The labels of a shortest path to a state. Only parents are stored, so the path is walked again from the start;
 * where a key stands for several symmetric states the walk may swap actors, and is a real execution all the same.
 */
function traceTo<State>(model: Model<State>, visited: VisitedStates, target: number): string[] {
  const path: number[] = []
  for (let index = target; index > 0; index = visited.parentOf(index)) path.unshift(index)
  const key = new StateKey(model.words)
  const labels: string[] = []
  let state = model.initial
  for (const index of path) {
    const step = model.steps(state).find((candidate) => {
      key.clear()
      model.writeKey(candidate.state, key)
      return visited.find(key) === index
    })
    if (step === undefined) throw new Error('the model is not deterministic: a path cannot be walked again')
    labels.push(step.label)
    state = step.state
  }
  return labels
}
