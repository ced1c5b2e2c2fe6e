import { mock } from 'node:test'
import type { Test } from 'tap'

const STEP_MS = 10
const START_MS = 1_000_000

/** Monotonic time and timers that pass only when a test says so. */
export class FakeTime {
  #now = START_MS
  readonly now = (): number => this.#now

  /** Until the test ends. */
  static start(t: Test): FakeTime {
    mock.timers.enable({ apis: ['setTimeout'] })
    t.teardown(() => mock.timers.reset())
    return new FakeTime()
  }

  /** Time passes in small steps; whatever can go on in a step goes on before the next. */
  async pass(milliseconds: number, eachStep: () => void | Promise<void> = () => {}): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += STEP_MS) {
      this.#now += STEP_MS
      mock.timers.tick(STEP_MS)
      await new Promise((resolve) => setImmediate(resolve))
      await eachStep()
    }
  }
}
