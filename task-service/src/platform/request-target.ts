import type { IncomingMessage } from 'node:http'

const API_PREFIX = /^\/api\/v1(?=\/|$)/
/** RFC 9112 §3.2.2 */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)/i
const PATH_END = /[?#]/
const UNSAFE_IN_LOG = /[^\x21-\x7e]/g

/** The path of a request target without origin and query, which can carry secrets; safe to show on a terminal. */
export function pathOf(target = '/'): string {
  const rest = target.startsWith('/') ? target : target.replace(ABSOLUTE_FORM, '')
  const end = rest.search(PATH_END)
  return (end === -1 ? rest : rest.slice(0, end)).replace(
    UNSAFE_IN_LOG,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function canDecode(path: string): boolean {
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/**
 * The target in origin-form. The authority of an absolute-form takes the place of Host (RFC 9112 §3.2.2); a path that cannot be
 * decoded is an unknown path like any other.
 */
export function originForm(request: IncomingMessage): string {
  const { url = '/' } = request
  // Nearly all are, and none of these has anything to be decoded.
  if (url.startsWith('/') && !url.includes('%')) return url
  const authority = ABSOLUTE_FORM.exec(url)?.[1]
  if (authority !== undefined) request.headers.host = authority
  const target = url.replace(ABSOLUTE_FORM, '')
  if (!canDecode(target.split('?', 1)[0] ?? '')) return '/undecodable-path'
  return target.startsWith('/') ? target : `/${target}`
}

/** One route table serves `/x` and `/api/v1/x`, in origin-form and absolute-form. */
export function rewriteUrl(request: IncomingMessage): string {
  const rest = originForm(request).replace(API_PREFIX, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}
