import { registerHooks } from 'node:module'

/**
 * Loaded into task-service before anything else (`node --import`). This folder is the one place in e2e that loads service
 * code: the door of its cache opens with the steps of the usual cache-aside, everything else stays.
 */
const DOOR = '/task-service/src/cache/index.ts'
const REPLACEMENT = new URL('delete-after-write.cache.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    return resolved.url.endsWith(DOOR) && context.parentURL !== REPLACEMENT
      ? { ...resolved, url: REPLACEMENT }
      : resolved
  },
})
