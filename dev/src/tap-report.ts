import { Parser, type Result } from 'tap-parser'

/** Numbers of assertions, not of the tests that contain them. */
export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Adds `more` to `sum`. */
export function add(sum: Counts, more: Counts): void {
  sum.passed += more.passed
  sum.failed += more.failed
  sum.skipped += more.skipped
}

export interface TapReport {
  /** @param line of TAP version 14, as a test file prints it */
  push(line: string): void
  /** @param isWell whether the process exited with 0; if not, the file counts as one failure at least */
  end(isWell: boolean): Counts
  /** Everything of a file that failed; else the tests by name, what is skipped or to do, and what was void */
  lines(): readonly string[]
}

/** An attempt that was void because the machine was too slow, and was made again */
const VOID = /^# VOID: /

const isNotDone = ({ skip, todo }: Result) => Boolean(skip || todo)

/** Counts the assertions of a test, and those of the tests in it. */
function count(parser: Parser, counts: Counts): void {
  /** Failures before the test in this one whose result has not come yet; its result is no assertion of its own. */
  let failedBefore: number | undefined
  parser.on('child', (child: Parser) => {
    failedBefore = counts.failed
    count(child, counts)
  })
  parser.on('assert', (result: Result) => {
    const isOfChild = failedBefore !== undefined
    const isKnown = isOfChild && counts.failed > (failedBefore as number)
    failedBefore = undefined
    if (isNotDone(result)) counts.skipped++
    else if (!result.ok && !isKnown) counts.failed++
    else if (result.ok && !isOfChild) counts.passed++
  })
}

/** Prints what matters of a test that passed: its name, what was skipped, void attempts. */
function follow(parser: Parser, say: (line: string) => void, depth = 0): void {
  const indent = '    '.repeat(depth + 1)
  parser.on('child', (child: Parser) => follow(child, say, depth + 1))
  parser.on('comment', (comment: string) => VOID.test(comment) && say(indent + comment.trim()))
  parser.on('assert', (result: Result) => {
    if (isNotDone(result))
      say(`${indent}${result.name} # ${result.skip ? 'SKIP' : 'TODO'} ${result.skip || result.todo}`)
    else if (depth === 0) say(indent + result.name)
  })
}

/** Reads the TAP of one test file. */
export function createTapReport(): TapReport {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const all: string[] = []
  const notable: string[] = []
  const parser = new Parser()
  count(parser, counts)
  follow(parser, (line) => notable.push(line))
  return {
    push(line) {
      all.push(line)
      parser.write(`${line}\n`)
    },
    end(isWell) {
      parser.end()
      const isEmpty = counts.passed + counts.skipped === 0
      if (counts.failed === 0 && (isEmpty || !isWell || !parser.ok)) counts.failed = 1
      return counts
    },
    lines: () => (counts.failed > 0 ? all : notable),
  }
}
