/** What a run of tap adds up to. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
}

const FILE_START = /^# Subtest: /
const FILE_RESULT = /^(not )?ok \d+ - (?<name>.*?)( # time=(?<time>[\d.]+)ms)?$/
const TEST_RESULT = /^ {4}ok \d+ - (?<name>.*?)( # time=[\d.]+ms)?$/
const NOT_DONE = /^\s*(not )?ok \d+.* # (SKIP|TODO)\b/i
/** An attempt that the machine was too slow for, and that was made again */
const VOID = /^\s*# VOID: /
const SUMMARY = /^# \{ (?<counts>total: .*) \}$/

export interface TapReport {
  /** @param line of TAP version 14 as `tap run --reporter=tap` prints it */
  push(line: string): void
  /** undefined while, or when, the run did not come to its summary */
  counts(): Counts | undefined
  /** Lines of a file that did not come to its result */
  rest(): readonly string[]
}

function parseCounts(text: string): Counts {
  const number = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(text)?.[1] ?? 0)
  return { passed: number('pass'), failed: number('fail'), skipped: number('skip') + number('todo') }
}

/** Reads TAP and prints it for people: the tests by name, everything about those that fail, are skipped or to do, and what was void. */
export function createTapReport(print: (line: string) => void): TapReport {
  let file: string[] = []
  let counts: Counts | undefined

  function printFile(name: string, failed: boolean, time: string | undefined): void {
    print(`${failed ? 'not ok' : 'ok'} ${name}${time ? ` (${Math.round(Number(time))} ms)` : ''}`)
    for (const line of file) {
      const test = TEST_RESULT.exec(line)?.groups?.name
      if (failed || NOT_DONE.test(line) || VOID.test(line)) print(line)
      else if (test) print(`    ${test}`)
    }
    file = []
  }

  return {
    push(line) {
      const summary = SUMMARY.exec(line)?.groups?.counts
      const result = FILE_RESULT.exec(line)
      if (summary) counts = parseCounts(summary)
      else if (result) printFile(result.groups?.name ?? '', result[1] !== undefined, result.groups?.time)
      else if (FILE_START.test(line)) file = []
      else file.push(line)
    },
    counts: () => counts,
    rest: () => file,
  }
}
