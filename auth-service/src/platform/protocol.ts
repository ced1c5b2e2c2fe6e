import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hook } from './hooks.ts'
import { CodingUnknown, ExpectationFailed, RequestMalformed, VersionUnsupported } from './protocol-errors.ts'

/** RFC 3986 §3.2.2, as far as a Host can be a name, an IPv4 address or an IPv6 address; RFC 9110 §4.2.1: never empty. */
const HOST = /^([\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(:\d{0,5})?$/i

const HOST_LENGTH = 'host'.length

function hosts(rawHeaders: string[]): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === HOST_LENGTH && name.toLowerCase() === 'host') count++
  }
  return count
}

/** RFC 9112 §3.2: exactly one in HTTP/1.1, at most one before. */
function checkHost({ raw }: FastifyRequest): void {
  const count = hosts(raw.rawHeaders)
  if (count === 0 && raw.httpVersionMinor === 0) return
  if (count !== 1 || !HOST.test(raw.headers.host ?? ''))
    throw new RequestMalformed('A request needs one valid Host header.')
}

/** RFC 9112 §6.1, §7: a body in a coding that is not known here has no end that can be found. */
function checkCoding({ raw }: FastifyRequest): void {
  const coding = raw.headers['transfer-encoding']
  if (coding === undefined) return
  if (raw.httpVersionMinor === 0) throw new RequestMalformed('HTTP/1.0 knows no Transfer-Encoding.')
  if (coding.trim().toLowerCase() !== 'chunked') throw new CodingUnknown()
}

/** RFC 9110 §10.1.1: expectations of HTTP/1.0 are ignored. */
function checkExpectation({ raw }: FastifyRequest): void {
  const { expect } = raw.headers
  if (expect !== undefined && raw.httpVersionMinor !== 0 && expect.toLowerCase() !== '100-continue')
    throw new ExpectationFailed()
}

/** What Node lets pass or answers itself, without the envelope: checked here instead. */
async function protocol(app: FastifyInstance): Promise<void> {
  // Without a listener Node answers 417 itself.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook(
    'onRequest',
    hook((request, reply) => {
      try {
        if (request.raw.httpVersionMajor !== 1) throw new VersionUnsupported()
        checkCoding(request)
        checkHost(request)
        checkExpectation(request)
      } catch (error) {
        // What follows on this connection may not be a request.
        reply.header('connection', 'close')
        throw error
      }
    }),
  )
}

export default fp(protocol, { name: 'protocol' })
