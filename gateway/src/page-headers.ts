/** File names under /assets carry a digest of their content. */
const IMMUTABLE = 'public, max-age=31536000, immutable'
const ASSET = /[\\/]assets[\\/]/

/**
 * Headers of the page. It runs its own scripts alone, none of them inline, and asks its own origin alone.
 * @param connectTo origins beside its own that it may ask: the control port of `make dev`
 */
export function pageHeaders(connectTo: readonly string[]): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src ${["'self'", ...connectTo].join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}

/** Assets are kept for ever, index.html is asked for again every time. */
export function cacheControl(path: string): string {
  return ASSET.test(path) ? IMMUTABLE : 'no-cache'
}
