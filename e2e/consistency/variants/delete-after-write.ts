import { registerHooks } from 'node:module'

/**
 * Loaded into task-service before anything else (`node --import`): its Redis keys and scripts are replaced by those of
 * the usual cache-aside, everything else stays. The replacement asks for the original with `?original`.
 */
const REPLACED = '/task-service/src/cache/list.cache.ts'
const REPLACEMENT = new URL('delete-after-write.cache.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    return resolved.url.endsWith(REPLACED) ? { ...resolved, url: REPLACEMENT } : resolved
  },
})
