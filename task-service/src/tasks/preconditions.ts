/** Conditional requests, RFC 9110 §13. */

const VERSION_TAG = /^"(\d{1,15})"$/

function tags(header: string): string[] {
  return header.split(',').map((tag) => tag.trim())
}

/** The versions an `If-Match` header allows; undefined when it allows any. Weak tags never match (strong comparison). */
export function allowedVersions(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  return tags(header).flatMap((tag) => {
    const version = VERSION_TAG.exec(tag)?.[1]
    return version === undefined ? [] : [Number(version)]
  })
}

/** Whether `If-None-Match` names what would be sent: then 304 is enough. Weak comparison; proxies that compress weaken tags. */
export function isUnchanged(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || tags(header).some((tag) => tag.replace(/^W\//, '') === `"${etag}"`)
}
