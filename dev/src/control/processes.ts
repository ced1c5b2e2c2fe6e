export type ProcessState = 'up' | 'starting' | 'slow' | 'frozen' | 'down'

/** What can be done to a process: an instance, or a store that was started here. */
export interface Controllable {
  kill(signal: NodeJS.Signals): Promise<void>
  start(): Promise<void>
}

export interface ProcessReport {
  name: string
  state: ProcessState
  inFlight?: number
}

export type Action = 'stop' | 'kill' | 'start' | 'freeze' | 'slow' | 'resume'

/** Share of the time for which a slowed process runs: it is stopped and continued many times a second. */
const SLOW_RUNS_MS = 15
const SLOW_STANDS_MS = 85

/** The action is impossible in the present state of the process. */
export class WrongState extends Error {}

/** Which action is possible in which state */
const POSSIBLE: Record<Action, readonly ProcessState[]> = {
  stop: ['up', 'slow', 'frozen'],
  kill: ['up', 'slow', 'frozen'],
  start: ['down'],
  freeze: ['up', 'slow'],
  slow: ['up', 'frozen'],
  resume: ['slow', 'frozen'],
}

interface Entry {
  process: Controllable
  state: ProcessState
  inFlight: number
  /** Ends the slowing down */
  endSlowness?: () => void
}

/** Every process that the page may touch, and the state it has been brought into. */
export class Processes {
  readonly #entries = new Map<string, Entry>()
  readonly #onChange: (reports: ProcessReport[]) => void

  constructor(onChange: (reports: ProcessReport[]) => void) {
    this.#onChange = onChange
  }

  add(name: string, process: Controllable): void {
    this.#entries.set(name, { process, state: 'up', inFlight: 0 })
    this.#changed()
  }

  remove(name: string): void {
    this.#entries.get(name)?.endSlowness?.()
    this.#entries.delete(name)
    this.#changed()
  }

  /** Leaves nothing that would wake or stop a process later. */
  close(): void {
    for (const { endSlowness } of this.#entries.values()) endSlowness?.()
  }

  setInFlight(inFlight: ReadonlyMap<string, number>): void {
    for (const [name, entry] of this.#entries) entry.inFlight = inFlight.get(name) ?? 0
    this.#changed()
  }

  /**
   * Resolves when it is done: a started process is ready.
   * @throws WrongState · Error when the process cannot be started
   */
  async act(name: string, action: Action): Promise<void> {
    const entry = this.#entries.get(name)
    if (!entry || !POSSIBLE[action].includes(entry.state))
      throw new WrongState(`${name} is ${entry?.state ?? 'unknown'}: it cannot ${action} now.`)
    entry.endSlowness?.()
    delete entry.endSlowness
    await this.#actions[action](entry)
  }

  readonly #actions: Record<Action, (entry: Entry) => Promise<void>> = {
    stop: async (entry) => {
      this.#set(entry, 'down')
      // A frozen process hears SIGTERM only when it goes on.
      await entry.process.kill('SIGCONT')
      await entry.process.kill('SIGTERM')
    },
    kill: async (entry) => {
      this.#set(entry, 'down')
      await entry.process.kill('SIGKILL')
    },
    start: async (entry) => {
      this.#set(entry, 'starting')
      await entry.process.start().catch((error) => {
        this.#set(entry, 'down')
        throw error
      })
      this.#set(entry, 'up')
    },
    freeze: async (entry) => {
      this.#set(entry, 'frozen')
      await entry.process.kill('SIGSTOP')
    },
    slow: async (entry) => {
      this.#set(entry, 'slow')
      entry.endSlowness = slowDown(entry.process)
    },
    resume: async (entry) => {
      this.#set(entry, 'up')
      await entry.process.kill('SIGCONT')
    },
  }

  #set(entry: Entry, state: ProcessState): void {
    entry.state = state
    this.#changed()
  }

  #changed(): void {
    this.#onChange(
      [...this.#entries].map(([name, { state, inFlight }]) => ({
        name,
        state,
        ...(inFlight > 0 && { inFlight }),
      })),
    )
  }
}

/** @returns ends it, and the process runs */
function slowDown(process: Controllable): () => void {
  let timer: NodeJS.Timeout
  const stand = () => {
    void process.kill('SIGSTOP')
    timer = setTimeout(run, SLOW_STANDS_MS)
  }
  const run = () => {
    void process.kill('SIGCONT')
    timer = setTimeout(stand, SLOW_RUNS_MS)
  }
  stand()
  return () => {
    clearTimeout(timer)
    void process.kill('SIGCONT')
  }
}
