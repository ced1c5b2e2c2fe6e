import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'

type Step = (request: FastifyRequest, reply: FastifyReply) => void

function refusalOf(step: Step, request: FastifyRequest, reply: FastifyReply): Error | undefined {
  try {
    step(request, reply)
    return undefined
  } catch (error) {
    return error as Error
  }
}

/**
 * A hook that waits for nothing. An async one would cost every request a promise and a turn of the microtask queue, and
 * there are a dozen of them. What it throws is passed on: Fastify catches only what is thrown while it calls a hook itself,
 * and a hook that is put off (see load-limit.ts) would end the process.
 * @param step may throw what is to be answered
 */
export function hook(step: Step) {
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const refusal = refusalOf(step, request, reply)
    if (refusal) done(refusal)
    else done()
  }
}

/** As {@link hook}, for `preParsing` and `onSend`, which pass a payload on. */
export function payloadHook(step: Step) {
  return <Payload>(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: Payload,
    done: (error: Error | null, payload?: Payload) => void,
  ): void => {
    const refusal = refusalOf(step, request, reply)
    if (refusal) done(refusal)
    else done(null, payload)
  }
}

/** As {@link hook}, for a step that has to wait now and then. */
export function hookThatMayWait(
  step: (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>,
) {
  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    let waiting: Promise<void> | undefined
    const refusal = refusalOf(() => (waiting = step(request, reply) ?? undefined), request, reply)
    if (refusal) done(refusal)
    else if (waiting) waiting.then(() => done(), done)
    else done()
  }
}
