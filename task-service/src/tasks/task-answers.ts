import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ListPage } from '../cache/index.ts'
import { VersionMismatch } from '../errors.ts'
import { pathOf } from '../platform/request-target.ts'
import { Preconditions } from './preconditions.ts'
import type { Task } from './task.ts'
import { PAGE_LIMIT, toWire } from './task-pages.ts'

type Query = Record<string, string | undefined>

/** Says which version this is, and nothing more to a client that has it. @returns whether it was answered so */
function isAnswered(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', `"${etag}"`).header('cache-control', 'private, no-cache')
  const outcome = new Preconditions(request).check(etag)
  if (outcome === 'failed') throw new VersionMismatch()
  if (outcome === 'unchanged') reply.code(304).send()
  return outcome === 'unchanged'
}

/** @throws VersionMismatch */
export function sendTask(request: FastifyRequest, reply: FastifyReply, task: Task): FastifyReply {
  return isAnswered(request, reply, String(task.version)) ? reply : reply.send(toWire(task))
}

/** What a write made of it. */
export function sendWritten(reply: FastifyReply, task: Task): FastifyReply {
  return reply
    .header('etag', `"${task.version}"`)
    .header('cache-control', 'private, no-cache')
    .send(toWire(task))
}

/**
 * The bytes go out as they are.
 * @param known what was understood of the query: that, and nothing else, is repeated in the link to the next page: a proxy refuses
 * headers that are as long as a client likes
 * @throws VersionMismatch
 */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: ListPage,
  known: () => Query,
): FastifyReply {
  if (page.next) reply.header('link', `<${nextUrl(request, known(), page.next)}>; rel="next"`)
  if (isAnswered(request, reply, page.etag)) return reply
  return reply.type('application/json; charset=utf-8').send(page.body)
}

/** Under the path the client used, with or without /api/v1. */
function nextUrl(request: FastifyRequest, { limit, ...query }: Query, cursor: string): string {
  const size = limit === undefined ? {} : { limit: String(Math.min(Number(limit), PAGE_LIMIT)) }
  return `${pathOf(request.originalUrl)}?${new URLSearchParams({ ...size, ...query, cursor } as Record<string, string>)}`
}

export function locationOf(request: FastifyRequest, id: string): string {
  return `${pathOf(request.originalUrl).replace(/\/$/, '')}/${id}`
}
