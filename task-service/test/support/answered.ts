import { until } from './until.ts'

/**
 * An answer that says something about the request: while a busy machine says "try again" (503), it is asked for again.
 * @param expected 503 is the answer where it is what the test is about
 */
export async function answered<A extends { statusCode: number }>(
  ask: () => Promise<A>,
  expected?: number,
): Promise<A> {
  let answer: A | undefined
  await until('an answer other than "try again"', async () => {
    answer = await ask()
    return answer.statusCode !== 503 || expected === 503
  })
  return answer as A
}
