/** What the cache did for a list: RFC 9211, in one word. `bypass`: the cache was not asked, or not believed. */
export type CacheUse = 'hit' | 'miss' | 'stored' | 'bypass'

/** One request and its answer, as the browser or the log of a service saw it. Times are milliseconds. */
export interface Exchange {
  id: string
  method: string
  /** Without its query */
  path: string
  /** 0 = no answer came */
  status: number
  ms: number
  instance?: string
  cache?: CacheUse
  /** Why the cache was passed by */
  cacheDetail?: string
  app?: number
  redis?: number
  mongodb?: number
  /** Sent by this page */
  own: boolean
}

export interface Timings {
  app?: number
  redis?: number
  mongodb?: number
}

const METRIC = /^\s*(app|redis|mongodb)\s*;\s*dur=(\d+(?:\.\d+)?)/

/** Reads `Server-Timing: app;dur=1.9, redis;dur=0.4`; what it does not know is skipped. */
export function parseServerTiming(header: string | null | undefined): Timings {
  const timings: Timings = {}
  for (const metric of (header ?? '').split(',')) {
    const [, name, duration] = METRIC.exec(metric) ?? []
    if (name) timings[name as keyof Timings] = Number(duration)
  }
  return timings
}

/** Reads `Cache-Status: task-lists; fwd=uri-miss; stored`; undefined when the answer is no cacheable list. */
export function parseCacheStatus(
  header: string | null | undefined,
): { cache: CacheUse; cacheDetail?: string } | undefined {
  const parameters = (header ?? '').split(';').map((parameter) => parameter.trim())
  const has = (name: string) => parameters.includes(name)
  const detail = parameters.find((parameter) => parameter.startsWith('detail='))?.slice('detail='.length)
  if (has('hit')) return { cache: 'hit' }
  if (has('stored')) return { cache: 'stored' }
  if (has('fwd=uri-miss')) return { cache: 'miss' }
  if (has('fwd=bypass')) return { cache: 'bypass', ...(detail && { cacheDetail: detail }) }
  return undefined
}

/** What an answer's headers say about its way through the system. */
export function parseHeaders(headers: Headers): Partial<Exchange> {
  const instance = headers.get('x-served-by')
  return {
    ...(instance && { instance }),
    ...parseCacheStatus(headers.get('cache-status')),
    ...parseServerTiming(headers.get('server-timing')),
  }
}

const TASK_PATH = /^(\/api\/v1)?\/tasks(\/|$)/

/** Which of the two services a path belongs to. */
export function serviceOf(path: string): 'auth' | 'task' {
  return TASK_PATH.test(path) ? 'task' : 'auth'
}

/** How a request is drawn; each kind has a colour and a shape. */
export type Kind = 'hit' | 'miss' | 'write' | 'account' | 'error'

export function kindOf({ method, path, status, cache }: Exchange): Kind {
  if (status === 0 || status >= 500) return 'error'
  if (serviceOf(path) === 'auth') return 'account'
  if (method !== 'GET' && method !== 'HEAD') return 'write'
  return cache === 'hit' ? 'hit' : 'miss'
}

const CACHE_WORDS: Record<CacheUse, string> = {
  hit: 'HIT',
  miss: 'MISS',
  stored: 'MISS, stored',
  bypass: 'past the cache',
}

/** `HIT`, `MISS`, … and the reason where there is one. */
export function cacheWord({ cache, cacheDetail }: Exchange): string {
  if (!cache) return ''
  return cacheDetail ? `${CACHE_WORDS[cache]}: ${cacheDetail.replaceAll('-', ' ')}` : CACHE_WORDS[cache]
}
